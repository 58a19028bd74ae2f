import Testing

@testable import Mutation

@Suite struct FaultRulesTests {
  private func names(_ text: String) -> [String] {
    FaultRules.faults(of: "f.swift", text).map(\.name)
  }

  @Test func conditionsOfAGuardAreDroppedOneByOne() {
    let text = """
      func f() {
        guard !a.isNone, let b = c, x.holds(1,
          2)
        else { return }
      }

      """

    // What spans lines or binds a name is left alone.
    #expect(names(text) == ["!a.isNone -> true"])
  }

  @Test func branchIsNeverTaken() {
    #expect(names("func f() {\n  if a.isNone { b = 1 }\n}\n").contains("a.isNone -> false"))
  }

  @Test func comparisonsAreOffByOne() {
    let found = names("func f() {\n  while a < b, c >= d - 1 {\n  }\n}\n")

    #expect(found == ["a < b -> a <= b", "c >= d - 1 -> c > d - 1", "c >= d - 1 -> c >= d"])
  }

  @Test func numbersAreNotCutApart() {
    #expect(names("func f() {\n  let a = b + 10\n}\n").isEmpty)
  }

  @Test func shortBodiesAreExpressions() {
    #expect(names("  var isX: Bool { a && b }\n") == ["a && b -> a || b"])
  }

  @Test func callsAndAssignmentsAreRemoved() {
    let text = """
      func f() {
        a.b(
          1, 2)
        c.d += 1
        self.e = e
        try g()
        throw h(1)
      }

      """

    #expect(
      names(text) == ["a.b( 1, 2) -> nothing", "c.d += 1 -> nothing", "try g() -> nothing"])
  }

  @Test func neighbouringCallsAreSwappedInPairs() {
    let found = names("func f() {\n  a(1)\n  b(2)\n  c(3)\n}\n")

    #expect(found.last == "a(1) b(2) -> b(2) a(1)")
    #expect(found.count == 4)
  }

  @Test func commentsAndStringsHoldNoFaults() {
    let text = "func f() {\n  // if a < b { c() }\n  log(\"a < b\")\n  /* d() */\n}\n"

    #expect(names(text) == ["log(\"a < b\") -> nothing"])
  }

  @Test func sameChangeTwiceHasTwoNames() {
    #expect(
      names("func f() {\n  a(1)\n  if b.c {\n    a(1)\n  }\n}\n")
        == ["a(1) -> nothing", "b.c -> false", "a(1) -> nothing #2"])
  }

  @Test func rankDependsOnFileAndChangeAlone() {
    let early = FaultRules.faults(of: "f.swift", "func f() {\n  a(1)\n}\n")
    let late = FaultRules.faults(of: "f.swift", "// New.\nfunc f() {\n  a(1)\n}\n")

    #expect(early.map(\.rank) == late.map(\.rank))
    #expect(early[0].line != late[0].line)
  }
}
