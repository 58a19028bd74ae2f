import Machine
import Testing
import ToolSupport

@testable import mnos

@Suite struct OptionsTests {
  private let grammar = Options.Grammar(
    flags: ["--gdb"], values: ["--arch", "--timeout"], later: ["--add": "soon"], wordLimit: 1,
    passesOn: true)

  @Test func flagsValuesWordsAndTheRestAreKeptApart() throws {
    let options = try Options(
      ["--gdb", "host", "--arch", "riscv64", "--timeout=5", "--", "-d", "int"], grammar: grammar)

    #expect(options.has("--gdb"))
    #expect(options.words == ["host"])
    #expect(options.value("--arch") == "riscv64")
    #expect(try options.count("--timeout") == 5)
    #expect(options.rest == ["-d", "int"])
  }

  @Test(arguments: [["--nonsense"], ["--arch"], ["a", "b"], ["--gdb=yes"]])
  func nonsenseIsAUsageError(arguments: [String]) {
    let failure = #expect(throws: ToolFailure.self) { try Options(arguments, grammar: grammar) }

    #expect(failure?.exitStatus == 64)
  }

  @Test(arguments: ["0", "-1", "x", ""])
  func countMustBePositive(text: String) throws {
    let options = try Options(["--timeout=\(text)"], grammar: grammar)

    #expect(throws: ToolFailure.self) { try options.count("--timeout") }
  }

  @Test func laterOptionSaysSo() {
    let failure = #expect(throws: ToolFailure.self) {
      try Options(["--add", "x"], grammar: grammar)
    }

    #expect(failure?.message == "--add is not available yet: soon")
  }

  @Test(arguments: ["256M", "1G", "512", "64M", "65536k"])
  func memorySizeIsPassedOn(text: String) throws {
    #expect(try RunCommand.memorySize(text, least: 64 << 20) == text)
  }

  @Test(arguments: ["", "M", "0M", "-5", "2T", "1.5G", "63M", "65535k", "63"])
  func otherMemorySizesAreRefused(text: String) {
    #expect(throws: ToolFailure.self) { try RunCommand.memorySize(text, least: 64 << 20) }
  }

  @Test(arguments: ["sparc", "aarch"])
  func onlyBuiltArchitecturesAreTaken(name: String) {
    #expect(throws: ToolFailure.self) { try Workspace.architectures(name) }
  }

  /// As much as the smallest machine of the architecture has, which is what was tried.
  @Test(arguments: [("aarch64", "128M"), ("x86_64", "64M"), ("riscv64", "64M")])
  func leastMemoryIsTheSmallestMachines(architecture: String, memory: String) throws {
    #expect(try Board.of(architecture).smallestMachine.memory == memory)
    #expect(throws: ToolFailure.self) { try RunCommand.memorySize("64M", least: 128 << 20) }
  }
}
