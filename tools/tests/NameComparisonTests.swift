import Testing

@testable import Machine

@Suite struct NameComparisonTests {
  @Test func sameListsHaveNoDifference() {
    #expect(NameComparison.differences(["a": ["x.y", "z"], "b": ["z", "x.y"]]).isEmpty)
  }

  @Test func missingTestNamesWhoLacksIt() {
    let differences = NameComparison.differences([
      "a": ["x.y", "z"], "b": ["z"], "c": ["z", "x.y"],
    ])

    #expect(differences.map(\.name) == ["names x.y"])
    #expect(differences.first?.reason.hasPrefix("a, c ran it and b did not") == true)
  }

  @Test func testThatDoesNotApplyIsInTheList() {
    var one = TestReport()
    one.pass("x.y")
    var other = TestReport()
    other.doesNotApply("x.y", "no such thing here")

    #expect(NameComparison.differences(["a": one.names, "b": other.names]).isEmpty)
  }
}
