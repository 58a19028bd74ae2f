import Testing

@testable import LoaderCore

/// What a configuration says, in a form that tests can compare.
private struct Parsed: Equatable {
  var kernel: String
  var commandLine: String
  var modules: [String]
}

private func text(_ path: BootPath) -> String {
  String(decoding: (0..<path.byteCount).map { path[$0] }, as: UTF8.self)
}

private func parse(_ source: String) throws(LoaderFailure) -> Parsed {
  try parse(Array(source.utf8))
}

private func parse(_ bytes: [UInt8]) throws(LoaderFailure) -> Parsed {
  let configuration = try BootConfiguration(bytes.span)
  func part(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
  return Parsed(
    kernel: text(configuration.kernelPath), commandLine: part(configuration.commandLine),
    modules: (0..<configuration.moduleCount).map {
      let module = configuration[module: $0]
      return text(module.path) + "|" + part(module.commandLine)
    })
}

private func problem(_ source: String) -> LoaderFailure? {
  do throws(LoaderFailure) {
    _ = try parse(source)
    return nil
  } catch {
    return error
  }
}

@Suite struct BootConfigurationTests {
  @Test func entryWithModulesIsRead() throws {
    let parsed = try parse(
      """
      # a comment: with a colon
      timeout: 0

      /mnos
          protocol: limine
          path: boot():/boot/kernel.elf
          kernel_path: boot():/boot/kernel.elf
          cmdline: loglevel=info  kernel.selftest=1
          module_path: boot():/boot/init
          module_cmdline: one two
          MODULE_PATH: /boot/initramfs.tar
      """)

    #expect(
      parsed
        == Parsed(
          kernel: "/boot/kernel.elf", commandLine: "loglevel=info  kernel.selftest=1",
          modules: ["/boot/init|one two", "/boot/initramfs.tar|"]))
  }

  @Test func linesMayEndAsOnWindows() throws {
    let parsed = try parse("/m\r\n\tpath:boot():/k\r\n\tcmdline: a \r\n")

    #expect(parsed == Parsed(kernel: "/k", commandLine: "a", modules: []))
  }

  @Test func defaultEntryChooses() throws {
    let source = "/a\npath: /one\n/b\npath: /two\ndefault_entry: 2\n"

    #expect(try parse(source).kernel == "/two")
  }

  @Test func valueKeepsItsColons() throws {
    #expect(try parse("/a\npath: /k\ncmdline: a:b: c").commandLine == "a:b: c")
  }

  @Test(arguments: ["", "# nothing\n", "path: boot():/k\n", "\0\0\0", ":::\n:"])
  func noEntryIsAFailure(source: String) {
    #expect(problem(source)?.problem == StaticText("there is no entry"))
  }

  @Test(arguments: ["0", "3", "-1", "1x", "", "99999999999999999999"])
  func defaultEntryOutOfRangeNamesItsLine(number: String) {
    let failure = problem("/a\npath: /one\n/b\npath: /two\ndefault_entry: \(number)\n")

    #expect(failure?.line == 5)
  }

  @Test func entryWithoutKernelIsAFailure() {
    #expect(problem("/a\ncmdline: x\n")?.problem == StaticText("the entry names no kernel"))
  }

  @Test func otherProtocolIsAFailure() {
    #expect(problem("/a\nprotocol: linux\npath: /k\n")?.line == 2)
  }

  @Test(arguments: [
    "hdd(1:1):/k", "boot(2):/k", "k", "boot():k", "boot():", "/k#00ff", "/a b", "/\u{e4}",
    "/a\\b", "/${X}", "boot",
  ])
  func pathThatIsNotSupportedNamesItsLine(path: String) {
    #expect(problem("/a\nprotocol: limine\npath: \(path)\n")?.line == 3)
  }

  @Test func pathsHaveALimit() throws {
    let longest = "/" + String(repeating: "k", count: 254)

    #expect(try parse("/a\npath: \(longest)\n").kernel == longest)
    #expect(problem("/a\npath: \(longest)k\n")?.value == 255)
  }

  @Test func modulesHaveALimit() throws {
    let sixteen = "/a\npath: /k\n" + String(repeating: "module_path: /m\n", count: 16)

    #expect(try parse(sixteen).modules.count == 16)
    #expect(problem(sixteen + "module_path: /m\n")?.line == 19)
  }

  @Test func moduleCommandLineBeforeAnyModuleIsPassedOver() throws {
    let source = "/a\npath: /k\nmodule_cmdline: ${X}\nmodule_path: /m\n"

    #expect(try parse(source).modules == ["/m|"])
  }

  @Test func firstOfARepeatedOptionCounts() throws {
    let parsed = try parse(
      """
      default_entry: 2
      default_entry: 1
      /a
      path: /no
      /b
      protocol: limine
      path: /k
      cmdline: one
      module_path: /m
      module_cmdline: first
      module_cmdline: second
      module_path: /n
      protocol: linux
      path: not a path
      cmdline: ${two}
      """)

    #expect(
      parsed == Parsed(kernel: "/k", commandLine: "one", modules: ["/m|first", "/n|"]))
  }

  @Test func olderNamesCountWhereTheyStandAlone() throws {
    let parsed = try parse("/a\nkernel_path: /k\ncmdline: b\nkernel_cmdline: a\n")

    #expect(parsed == Parsed(kernel: "/k", commandLine: "a", modules: []))
  }

  /// Folders: `a` closed, `d` open, in it `e` open and `g` closed.
  private static let folders = """
    /a
    //b
    path: /b
    //c
    path: /c
    /+d
    comment: open
    //+e
    ///f
    path: /f
    //g
    ///h
    path: /h
    //i
    path: /i
    /j
    path: /j
    """

  @Test(arguments: [(4, "/f"), (6, "/i"), (7, "/j")])
  func entriesAreCountedAsAMenuShowsThem(number: Int, kernel: String) throws {
    #expect(try parse("default_entry: \(number)\n" + Self.folders).kernel == kernel)
  }

  @Test(arguments: [(1, 2), (2, 7), (3, 9), (5, 12)])
  func folderAsDefaultEntryIsAFailure(number: Int, line: Int) {
    let failure = problem("default_entry: \(number)\n" + Self.folders)

    #expect(
      failure?.problem
        == StaticText("the default entry is a folder, and there is no menu to choose from"))
    #expect(failure?.line == line)
  }

  @Test func hiddenEntriesDoNotCount() {
    let failure = problem("default_entry: 8\n" + Self.folders)

    #expect(failure?.line == 1)
    #expect(failure?.value == 7)
  }

  @Test(arguments: ["//a\npath: /k\n", "/a\npath: /k\n///b\npath: /l\n"])
  func entryWithoutItsFolderIsAFailure(source: String) {
    #expect(problem(source)?.problem == StaticText("an entry with too many slashes"))
  }

  @Test func anyBytesGiveAResult() {
    var random = SeededRandom("configuration")
    let words = [
      "/", "\n", ":", " ", "path", "boot():", "/k", "module_path", "default_entry", "cmdline",
      "#", "$", "${", "\r", "\t", "1", "999999999", "\0", "protocol", "limine",
    ]
    for _ in 0..<20_000 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        if Int.random(in: 0..<8, using: &random) == 0 {
          bytes.append(UInt8.random(in: 0...255, using: &random))
        } else {
          bytes += Array(words.randomElement(using: &random)!.utf8)
        }
      }
      if let parsed = try? parse(bytes) { #expect(parsed.kernel.hasPrefix("/")) }
    }
  }
}
