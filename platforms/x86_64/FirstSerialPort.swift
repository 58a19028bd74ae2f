/// The first serial port of a PC: where it is has been the same since 1981, and no table says
/// so on most machines.
///
/// Source: IBM PC/XT Technical Reference, "Asynchronous Communications Adapter".
enum FirstSerialPort {
  static var base: UInt16 { 0x3f8 }
  static var portCount: UInt32 { 8 }
  static var isaInterrupt: Int { 4 }
  /// What the port's divisor divides, in hertz.
  static var clockFrequency: UInt32 { 1_843_200 }
}
