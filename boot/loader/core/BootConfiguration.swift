/// What limine.conf says about the entry to boot.
///
/// The language is that of Limine 8 and newer: entries begin with `/`, options are
/// `name: value`, comments `#`. Of an option that is repeated the first counts, as with Limine;
/// options that do not concern this loader are passed over.
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
    let options = EntryOptions(text, entry: try Self.chosenEntry(text))
    if let protocolName = options.first("protocol"), !text.holds("limine", in: protocolName.value) {
      throw LoaderFailure("the protocol is not 'limine'", "the built-in loader has no other")
        .on(line: protocolName.line)
    }
    guard let path = options.first("path") ?? options.first("kernel_path") else {
      throw LoaderFailure(
        "the entry names no kernel", "add 'path: boot():/boot/kernel.elf' to it")
    }
    kernelPath = try Self.path(text, path)
    // In this order, as Limine looks for them.
    let line = options.first("kernel_cmdline") ?? options.first("cmdline")
    commandLine = if let line { try Self.plain(text, line) } else { 0..<0 }
    modules = .init(repeating: Module(path: BootPath(""), commandLine: 0..<0))
    moduleCount = 0
    try addModules(text, options)
  }

  /// The number in the file, from 1, of the entry that boots.
  private static func chosenEntry(_ text: Span<UInt8>) throws(LoaderFailure) -> Int {
    let wanted = try defaultEntry(text)
    var reader = ConfigurationReader(text)
    var chosen: (number: Int, depth: Int, line: Int)?
    while let line = reader.next() {
      switch line {
      case .option: continue
      case .strayEntry:
        throw LoaderFailure(
          "an entry with too many slashes", "give it one more than the folder that it is in"
        ).on(line: reader.line)
      case .entry: break
      }
      if let chosen, reader.entry == chosen.number + 1, reader.depth > chosen.depth {
        throw LoaderFailure(
          "the default entry is a folder, and there is no menu to choose from",
          "begin its title with '+', and set default_entry to an entry in it"
        ).on(line: chosen.line)
      }
      if reader.isShown, reader.shownCount == wanted.number {
        chosen = (reader.entry, reader.depth, reader.line)
      }
    }
    guard reader.entry > 0 else {
      throw LoaderFailure("there is no entry", "begin one with a line such as '/mnos'")
    }
    guard let chosen else {
      throw LoaderFailure(
        "default_entry is beyond the last entry; those in closed folders do not count",
        value: UInt64(reader.shownCount)
      ).on(line: wanted.line)
    }
    return chosen.number
  }

  /// The number that a menu would show the entry under that boots, and the line that says so.
  private static func defaultEntry(
    _ text: Span<UInt8>
  ) throws(LoaderFailure) -> (number: Int, line: Int) {
    var reader = ConfigurationReader(text)
    while let line = reader.next() {
      guard case .option(let name, let value) = line,
        text.holds("default_entry", in: name, ignoringCase: true)
      else { continue }
      guard let number = ConfigurationReader.number(text, in: value), number > 0 else {
        throw LoaderFailure("default_entry is not a number from 1 on").on(line: reader.line)
      }
      return (number, reader.line)
    }
    return (1, 0)
  }

  /// Takes over the modules, each with the first command line that stands between its path and
  /// the next one's.
  private mutating func addModules(
    _ text: Span<UInt8>, _ options: EntryOptions
  ) throws(LoaderFailure) {
    var reader = options.reader()
    // One before the first module belongs to none, and Limine passes over it.
    var wantsCommandLine = false
    while let option = options.next(&reader) {
      if option.isNamed("module_path", in: text) {
        guard moduleCount < Self.moduleLimit else {
          throw LoaderFailure("too many modules; allowed are", value: UInt64(Self.moduleLimit))
            .on(line: option.line)
        }
        modules[moduleCount] = Module(path: try Self.path(text, option), commandLine: 0..<0)
        moduleCount += 1
        wantsCommandLine = true
      } else if wantsCommandLine,
        option.isNamed("module_cmdline", in: text) || option.isNamed("module_string", in: text)
      {
        modules[moduleCount - 1].commandLine = try Self.plain(text, option)
        wantsCommandLine = false
      }
    }
  }

  /// The path that `option` gives.
  private static func path(
    _ text: Span<UInt8>, _ option: EntryOptions.Option
  ) throws(LoaderFailure) -> BootPath {
    let range = try plain(text, option)
    do throws(LoaderFailure) {
      return try BootPath(text, in: range)
    } catch {
      throw error.on(line: option.line)
    }
  }

  /// Where the value of `option` is, if no macro would have to be expanded in it.
  private static func plain(
    _ text: Span<UInt8>, _ option: EntryOptions.Option
  ) throws(LoaderFailure) -> Range<Int> {
    for index in option.value where text[index] == 0x24 {
      if index + 1 < option.value.upperBound, text[index + 1] == 0x7b {
        throw LoaderFailure("macros are not supported", "write the text out, or use Limine")
          .on(line: option.line)
      }
    }
    return option.value
  }
}
