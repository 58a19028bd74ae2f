/// The program that starts the image.
public enum Firmware: String, Sendable {
  case uefi, bios
}

/// As tried: with less, Limine 8.2 itself says that it has not enough memory.
let leastForLimine = "128M"

/// One machine that QEMU makes out of a board.
public struct MachineSpec: Sendable {
  /// What `run --machine` calls it; unique among those of its architecture.
  public let name: String
  /// QEMU's board and its properties, as after `-M`.
  public var board: String
  /// The CPU, as after `-cpu`.
  public var processor: String
  public var cpuCount = 1
  /// In QEMU's notation, such as `256M`.
  public var memory = "256M"
  /// What it has when Limine starts it, where that needs another size.
  var memoryForLimine: String?
  public var attachment: ImageAttachment
  public var firmware = Firmware.uefi
  /// What it shows besides what the above says.
  public var shows: [MachineFact] = []

  /// This machine under another name, with some things changed.
  func named(_ name: String, _ change: (inout MachineSpec) -> Void) -> MachineSpec {
    var other = MachineSpec(
      name: name, board: board, processor: processor, cpuCount: cpuCount, memory: memory,
      attachment: attachment, firmware: firmware)
    change(&other)
    return other
  }
}
