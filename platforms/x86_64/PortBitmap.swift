import KernelHAL

/// The I/O permission bitmap of a task state segment: a bit for each port, 0 to allow.
///
/// Source: Intel SDM vol. 1 §19.5.2, I/O Permission Bit Map.
enum PortBitmap {
  static var portCount: UInt32 { 65_536 }

  /// Allows or forbids all ranges of a set. Ports past the last are left out.
  static func set(_ ports: PortSet, isAllowed: Bool, in map: inout MutableSpan<UInt8>) {
    set(ports.ranges.0, isAllowed: isAllowed, in: &map)
    set(ports.ranges.1, isAllowed: isAllowed, in: &map)
    set(ports.ranges.2, isAllowed: isAllowed, in: &map)
    set(ports.ranges.3, isAllowed: isAllowed, in: &map)
  }

  private static func set(
    _ range: PortRange, isAllowed: Bool, in map: inout MutableSpan<UInt8>
  ) {
    guard range.first < portCount else { return }
    var port = range.first
    let end = port + min(range.count, portCount - port)
    while port < end {
      let index = Int(port >> 3)
      guard index < map.count else { return }
      if port & 7 == 0 && end - port >= 8 {
        map[index] = isAllowed ? 0 : 0xff
        port += 8
      } else {
        let bit = UInt8(1) << UInt8(port & 7)
        map[index] = isAllowed ? map[index] & ~bit : map[index] | bit
        port += 1
      }
    }
  }
}
