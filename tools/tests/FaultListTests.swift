import Foundation
import Testing
import ToolSupport

@testable import Mutation

@Suite struct FaultListTests {
  private let source = """
    func f(a: Int) {
      guard a < 3, a > 0 else { return }
      first(a)
      second(a)
      first(a)
    }

    """

  private func faults(_ text: String) throws(ToolFailure) -> [Fault] {
    var list = FaultList()
    try list.read(text, path: "list.txt")
    let source = source
    return try list.faults { $0 == "f.swift" ? source : nil }
  }

  private func paragraph(_ lines: String) -> String {
    "# A comment.\nfault: x\nkind: check\nbreaks: A promise.\nfile: f.swift\n" + lines
  }

  @Test func wholeLinesAreReplacedAsStatements() throws {
    let fault = try #require(
      try faults(paragraph("- second(a)\n-   first(a)\n+ first(a)\n+ second(a)\n")).first)

    #expect(fault.form == .statements)
    #expect(fault.original == "second(a)\n  first(a)")
    #expect(fault.changed == "first(a)\nsecond(a)")
    #expect(fault.line == 4)
    #expect(fault.breaks == "A promise.")
  }

  @Test func markedPartIsReplacedAsAnExpression() throws {
    let fault = try #require(
      try faults(paragraph("- guard a < 3, @{a > 0}@ else { return }\n+ a >= 0\n")).first)

    #expect(fault.form == .expression)
    #expect(fault.original == "a > 0")
    #expect(fault.changed == "a >= 0")
  }

  @Test func marksMayBeOnAnyOfSeveralLines() throws {
    let fault = try #require(
      try faults(paragraph("- second(@{a}@)\n- first(a)\n+ a + 1\n")).first)

    #expect(fault.original == "a")
    #expect(fault.line == 4)
  }

  @Test func emptyReplacementRemoves() throws {
    #expect(try faults(paragraph("- second(a)\n+\n")).first?.changed == "")
  }

  @Test(arguments: [
    ("- third(a)\n+\n", "occur 0 times"), ("- first(a)\n+\n", "occur 2 times"),
    ("+ first(a)\n", "needs"),
  ])
  func whatIsNotThereOnceIsRefusedByName(lines: String, reason: String) {
    let failure = #expect(throws: ToolFailure.self) { try faults(paragraph(lines)) }

    #expect(failure?.message.contains(reason) == true)
    #expect(failure?.message.contains("list.txt:2") == true)
  }

  @Test func otherFilesAreRefused() {
    let text = paragraph("- first(a)\n+\n").replacing("f.swift", with: "g.swift")

    let failure = #expect(throws: ToolFailure.self) { try faults(text) }

    #expect(failure?.message.contains("no file g.swift") == true)
  }

  @Test func namesAreGivenOnce() {
    let one = paragraph("- second(a)\n+\n")

    let failure = #expect(throws: ToolFailure.self) { try faults(one + "\n" + one) }

    #expect(failure?.message == "two faults are named x")
  }

  @Test func reasonsForFaultsByRuleAreRead() throws {
    var list = FaultList()
    try list.read(
      "equivalent: It is 0 already.\nfile: f.swift\nchange: a = 0 -> nothing\n", path: "l")

    #expect(list.equivalents == ["f.swift: a = 0 -> nothing": "It is 0 already."])
    #expect(try list.faults { _ in nil }.isEmpty)
  }

  @Test func projectsOwnFaultsStandInItsSources() throws {
    let path = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().path
    let root = String(path.dropLast("/tools/tests/FaultListTests.swift".count))

    let set = try FaultSet(root: root, sample: 0)

    #expect(set.faults.count >= 300)
    #expect(set.crossing.isEmpty)
  }
}
