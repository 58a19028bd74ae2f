import ToolSupport

/// What the build insists on for the kernel and for a user program.
enum ELFCheck {
  /// - Throws: A failure that names the file and what is wrong with it.
  static func check(programAt path: String, machine: UInt16) throws(ToolFailure) {
    let file = try ELFFile(try Files.bytes(of: path), name: path)
    guard file.machine == machine else {
      throw ToolFailure("\(path): made for machine \(file.machine), not \(machine)")
    }
    guard file.type == 3 else { throw ToolFailure("\(path): not position independent") }
    guard !file.segments.contains(where: { $0.isWritable && $0.isExecutable }) else {
      throw ToolFailure("\(path): has a segment that is writable and executable")
    }
  }
}
