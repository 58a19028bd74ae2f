import ToolSupport

/// How large what was built is.
public struct SizeReport {
  private let context: BuildContext

  public init(_ context: BuildContext) { self.context = context }

  /// A table for a person: the kernel, then each program, in bytes.
  public func lines(programs: [ProgramSpec]) throws(ToolFailure) -> [String] {
    var rows = [try row("kernel", context.kernelPath)]
    for program in programs {
      rows.append(try row(program.name, context.programPath(program.name)))
    }
    if Files.exists("\(context.root)/\(context.loaderPath)") {
      let bytes = Files.byteCount(of: "\(context.root)/\(context.loaderPath)")
      rows.append("\(Self.padded("loader", 16))\(Self.number(bytes)) in all")
    }
    let heading =
      Self.padded(context.architecture.name, 16) + Self.number("text") + Self.number("rodata")
      + Self.number("data+bss")
    return [heading] + rows
  }

  private func row(_ name: String, _ path: String) throws(ToolFailure) -> String {
    let file = try ELFFile(try Files.bytes(of: "\(context.root)/\(path)"), name: path)
    let sizes = file.sizes
    var line =
      Self.padded(name, 16) + Self.number(sizes.text) + Self.number(sizes.readOnly)
      + Self.number(sizes.data)
    if sizes.symbolNames > 0 { line += "   and \(sizes.symbolNames) of names for back-traces" }
    return line
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  private static func number(_ value: some CustomStringConvertible) -> String {
    let text = value.description
    return String(repeating: " ", count: max(1, 10 - text.count)) + text
  }
}
