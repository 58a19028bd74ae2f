import ToolSupport

/// The kernel's functions by address, as its back-traces read them from `.mnos_symbols`.
///
/// Format, little-endian: UInt32 count; count pairs of UInt32, the offset of a function from
/// `mnos_image_start` and that of its name from the start of the names; then the names, each
/// ended by a zero byte. Pairs are sorted by the first offset.
public struct SymbolTable: Equatable, Sendable {
  /// One function of the image.
  public struct Function: Equatable, Sendable {
    /// Bytes from `mnos_image_start`.
    public let offset: UInt32
    public let name: String

    public init(offset: UInt32, name: String) {
      self.offset = offset
      self.name = name
    }
  }

  public let functions: [Function]

  /// Longest name kept, in characters; a back-trace line has room for no more.
  static let longestName = 60

  public init(functions: [Function]) { self.functions = functions }

  /// Reads the functions of a linked kernel.
  init(kernelAt path: String, context: BuildContext) throws(ToolFailure) {
    let listing = try ToolCommand(
      context.toolchain.program("llvm-nm"), ["--defined-only", "--numeric-sort", path]
    ).run(in: context.root)
    let symbols = Self.symbols(in: listing)
    guard let start = symbols.first(where: { $0.name == "mnos_image_start" }) else {
      throw ToolFailure("\(path): the link script defines no mnos_image_start")
    }
    let code = symbols.filter { $0.isCode && $0.address >= start.address }
    let names = try Self.demangled(code.map(\.name), context: context)
    var functions: [Function] = []
    for (symbol, name) in zip(code, names) {
      let offset = UInt32(truncatingIfNeeded: symbol.address - start.address)
      if functions.last?.offset == offset { continue }
      functions.append(Function(offset: offset, name: name))
    }
    self.functions = functions
  }

  /// The table as assembly source.
  public var assembly: String {
    var lines = [
      "  .section .mnos_symbols, \"aR\", %progbits", "  .p2align 2",
      "  .globl mnos_symbols_start", "mnos_symbols_start:", "  .long \(functions.count)",
    ]
    var names: [String] = []
    var nameOffset = 0
    for function in functions {
      lines.append("  .long \(function.offset), \(nameOffset)")
      names.append("  .asciz \"\(function.name)\"")
      nameOffset += function.name.utf8.count + 1
    }
    lines += names + ["  .globl mnos_symbols_end", "mnos_symbols_end:", ""]
    return lines.joined(separator: "\n")
  }

  struct Symbol: Equatable {
    let address: UInt64
    let isCode: Bool
    let name: String
  }

  /// The lines of `llvm-nm`, as symbols.
  static func symbols(in listing: String) -> [Symbol] {
    listing.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3, let address = UInt64(parts[0], radix: 16) else { return nil }
      // Labels inside functions are no functions.
      if parts[2].hasPrefix(".L") || parts[2].hasPrefix("$") && parts[2].count <= 2 { return nil }
      let isCode = parts[1].lowercased() == "t" || parts[1].lowercased() == "w"
      return Symbol(address: address, isCode: isCode, name: String(parts[2]))
    }
  }

  /// Readable short forms of `names`, in the same order.
  static func demangled(
    _ names: [String], context: BuildContext
  ) throws(ToolFailure) -> [String] {
    let result = try Subprocess.capture(
      context.toolchain.program("swift-demangle"), ["-simplified", "-compact"],
      input: names.joined(separator: "\n") + "\n")
    let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
    guard result.succeeded, lines.count >= names.count else {
      throw ToolFailure("swift-demangle failed:\n\(result.output.prefix(400))")
    }
    return lines.prefix(names.count).map { shortName(String($0)) }
  }

  /// Drops what a reader of a back-trace can do without: how the compiler specialised a
  /// function, its types, and what does not fit.
  static func shortName(_ name: String) -> String {
    var short = name
    for marker in [" of ", " for "] where short.hasPrefix("generic ") || short.contains("speciali")
    {
      if let range = short.range(of: marker) { short = String(short[range.upperBound...]) }
    }
    var kept = ""
    var depth = 0
    for character in short where character.isASCII && character != "\"" && character != "\\" {
      if character == "<" { depth += 1 }
      if depth == 0 { kept.append(character) }
      if character == ">" { depth = max(0, depth - 1) }
    }
    if let arrow = kept.range(of: " -> ") { kept = String(kept[..<arrow.lowerBound]) }
    return String(kept.prefix(longestName))
  }
}
