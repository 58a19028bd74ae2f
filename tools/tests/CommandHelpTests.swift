import Testing

@testable import mnos

@Suite struct CommandHelpTests {
  @Test func eachCommandHasItsOwnLines() {
    #expect(
      Command.help(for: "machines") == """
          machines              the machines that --machine names, and what they are
              [--arch A|all]
        """)
    #expect(Command.help(for: "doctor")?.contains("what is missing") == true)
    #expect(Command.help(for: "run")?.hasSuffix("[-- QEMU OPTIONS]") == true)
  }

  @Test(arguments: ["", "[--arch", "architectures:", "usage:", "walk"])
  func whatIsNoCommandHasNone(word: String) { #expect(Command.help(for: word) == nil) }
}
