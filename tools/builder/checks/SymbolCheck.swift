import ToolSupport

/// What kernel and loader objects must not contain: a heap, and globals that are set up lazily.
enum SymbolCheck {
  /// Symbols that mean that something allocates. Other parts of the Embedded runtime are in every
  /// object as weak definitions, used or not.
  private static let allocating: Set<String> = [
    "swift_allocObject", "swift_slowAlloc", "malloc", "calloc", "posix_memalign",
    "aligned_alloc",
  ]

  /// - Parameter isLinked: True for a finished kernel, where unused parts are gone.
  /// - Throws: A failure that names each offending symbol of the file.
  static func check(
    objectAt path: String, module: String, isLinked: Bool = false, context: BuildContext
  ) throws(ToolFailure) {
    let listing = try ToolCommand(
      context.toolchain.program("llvm-nm"), ["--format=just-symbols", path]
    ).run(in: context.root)
    let complaints = complaints(
      about: listing.split(separator: "\n").map(String.init), isLinked: isLinked)
    guard complaints.isEmpty else {
      throw ToolFailure("\(module):\n" + complaints.joined(separator: "\n"))
    }
  }

  /// A line per symbol that may not be there.
  static func complaints(about symbols: [String], isLinked: Bool) -> [String] {
    symbols.compactMap { symbol in
      if allocating.contains(symbol) {
        return "  \(symbol): kernel code may not allocate; see docs/design/build.md"
      }
      // Swift's mangling ends the function that sets up a lazy global in WZ. Those of the
      // standard library ("$es") are weak and normally unused; the linked kernel has none.
      if symbol.hasSuffix("_WZ"), isLinked || !symbol.hasPrefix("$es") {
        return "  \(symbol): a global's initial value is not a compile-time constant"
      }
      return nil
    }
  }
}
