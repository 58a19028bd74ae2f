/// What limine.conf says about the entry to boot.
///
/// The language is that of Limine 8 and newer: entries begin with `/`, options are
/// `name: value`, comments `#`. Options that do not concern this loader are passed over.
/// Source: Limine CONFIG.md (8.2); `path` for the kernel is that of later releases.
public struct BootConfiguration {
  public static var moduleLimit: Int { 16 }

  /// A file that is handed to the kernel, and where its text is in the configuration.
  public struct Module {
    public var path: BootPath
    /// The command line's bytes in the configuration; empty if there is none.
    public var commandLine: Range<Int>
  }

  public private(set) var kernelPath: BootPath
  /// Where the kernel's command line is in the configuration; empty if there is none.
  public private(set) var commandLine: Range<Int>
  private var modules: [16 of Module]
  public private(set) var moduleCount: Int

  /// The module at `index`, which is below `moduleCount`.
  public subscript(module index: Int) -> Module { modules[index] }

  /// Reads `text` from its first byte to its last.
  public init(_ text: Span<UInt8>) throws(LoaderFailure) {
    let entry = try Self.chosenEntry(text)
    var reader = ConfigurationReader(text)
    kernelPath = BootPath("")
    commandLine = 0..<0
    modules = .init(repeating: Module(path: BootPath(""), commandLine: 0..<0))
    moduleCount = 0
    while let line = reader.next() {
      guard case .option(let name, let value) = line, reader.entry == entry else { continue }
      do throws(LoaderFailure) {
        try take(text, name: name, value: value)
      } catch {
        throw error.on(line: reader.line)
      }
    }
    guard kernelPath.byteCount > 0 else {
      throw LoaderFailure(
        "the entry names no kernel", "add 'path: boot():/boot/kernel.elf' to it")
    }
  }

  /// The number, from 1, of the entry that boots.
  private static func chosenEntry(_ text: Span<UInt8>) throws(LoaderFailure) -> Int {
    var reader = ConfigurationReader(text)
    var chosen = 1
    var chosenLine = 0
    while let line = reader.next() {
      guard case .option(let name, let value) = line,
        text.holds("default_entry", in: name, ignoringCase: true)
      else { continue }
      guard let number = ConfigurationReader.number(text, in: value), number > 0 else {
        throw LoaderFailure("default_entry is not a number from 1 on").on(line: reader.line)
      }
      chosen = number
      chosenLine = reader.line
    }
    guard reader.entry > 0 else {
      throw LoaderFailure("there is no entry", "begin one with a line such as '/mnos'")
    }
    guard chosen <= reader.entry else {
      throw LoaderFailure("default_entry is beyond the last entry", value: UInt64(reader.entry))
        .on(line: chosenLine)
    }
    return chosen
  }

  /// Takes over one option of the chosen entry.
  private mutating func take(
    _ text: Span<UInt8>, name: Range<Int>, value: Range<Int>
  ) throws(LoaderFailure) {
    func isNamed(_ known: StaticString) -> Bool {
      text.holds(known, in: name, ignoringCase: true)
    }
    if isNamed("protocol") {
      guard text.holds("limine", in: value) else {
        throw LoaderFailure("the protocol is not 'limine'", "the built-in loader has no other")
      }
    } else if isNamed("path") || isNamed("kernel_path") {
      kernelPath = try BootPath(text, in: Self.plain(text, value))
    } else if isNamed("cmdline") || isNamed("kernel_cmdline") {
      commandLine = try Self.plain(text, value)
    } else if isNamed("module_path") {
      try addModule(BootPath(text, in: Self.plain(text, value)))
    } else if isNamed("module_cmdline") || isNamed("module_string") {
      guard moduleCount > 0 else {
        throw LoaderFailure("a module's command line before any module", "put module_path first")
      }
      modules[moduleCount - 1].commandLine = try Self.plain(text, value)
    }
  }

  private mutating func addModule(_ path: BootPath) throws(LoaderFailure) {
    guard moduleCount < Self.moduleLimit else {
      throw LoaderFailure("too many modules; allowed are", value: UInt64(Self.moduleLimit))
    }
    modules[moduleCount] = Module(path: path, commandLine: 0..<0)
    moduleCount += 1
  }

  /// `range`, if no macro would have to be expanded in it.
  private static func plain(
    _ text: Span<UInt8>, _ range: Range<Int>
  ) throws(LoaderFailure) -> Range<Int> {
    for index in range where text[index] == 0x24 {
      if index + 1 < range.upperBound, text[index + 1] == 0x7b {
        throw LoaderFailure("macros are not supported", "write the text out, or use Limine")
      }
    }
    return range
  }
}
