/// The first serial port of a PC: where it is has been the same since 1981, and no table says
/// so on most machines.
///
/// Source: IBM PC/XT Technical Reference, "Asynchronous Communications Adapter".
enum FirstSerialPort {
  static var base: UInt16 { 0x3f8 }
  static var portCount: UInt32 { 8 }
  static var isaInterrupt: Int { 4 }
  /// The ISA interrupt of the port at `base`, for it and for the second, as the adapter was
  /// jumpered; nil for others.
  static func isaInterrupt(ofPortAt base: UInt16) -> Int? {
    switch base {
    case Self.base: isaInterrupt
    case 0x2f8: 3
    default: nil
    }
  }
  /// What the port's divisor divides, in hertz.
  static var clockFrequency: UInt32 { 1_843_200 }
}
