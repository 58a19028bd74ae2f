import Testing

@testable import Mutation

@Suite struct SchemaTests {
  private let text = "let x = 1\nf(a)\ng(b)\n"

  private func fault(
    _ range: Range<Int>, _ form: Fault.Form, _ changed: String
  ) -> Fault {
    Fault(
      name: "\(range)", file: "f.swift", range: range, line: 1, form: form, original: "",
      changed: changed, kind: "check", breaks: nil)
  }

  @Test func expressionsAreAsked() {
    let schema = Schema(text, [(7, fault(8..<9, .expression, "2"))])

    #expect(
      schema.text == "import FaultSwitch; let x = (faultIsChosen(7) ? (2) : (1))\nf(a)\ng(b)\n")
  }

  @Test func faultsOfOnePlaceAreAskedInTurn() {
    let schema = Schema(
      text, [(8, fault(8..<9, .expression, "3")), (7, fault(8..<9, .expression, "2"))])

    #expect(
      schema.text.contains("x = (faultIsChosen(7) ? (2) : faultIsChosen(8) ? (3) : (1))\n"))
  }

  @Test func innerPlacesAreInTheOriginalOfOuterOnes() {
    let schema = Schema(
      text, [(1, fault(10..<19, .statements, "")), (2, fault(15..<19, .statements, "h()"))])

    #expect(
      Fault.oneLine(schema.text) == "import FaultSwitch; let x = 1 if faultIsChosen(1) { } else "
        + "{ f(a) if faultIsChosen(2) { h() } else { g(b) } }")
  }

  @Test func whatOverlapsInPartIsNamed() {
    let (first, second) = (fault(0..<5, .statements, ""), fault(3..<8, .statements, ""))

    #expect(Schema.crossing([first, second]) == [second])
    #expect(Schema.crossing([first, fault(1..<3, .expression, "")]).isEmpty)
    #expect(Schema.crossing([first, fault(0..<5, .expression, "")]).count == 1)
  }

  @Test func messagesAreLedBack() {
    let schema = Schema(
      text, [(7, fault(8..<9, .expression, "2")), (9, fault(10..<14, .statements, ""))])
    let column = "import FaultSwitch; let x = (faultIsChosen(7) ? (".utf8.count + 1

    #expect(schema.faults(atLine: 1, column: column) == [7])
    #expect(schema.faults(atLine: 2, column: 1) == [9])
    // Outside of all: the nearest before.
    #expect(schema.faults(atLine: 5, column: 1) == [9])
  }

  @Test func compilersMessagesAreRead() {
    let errors = CompilerErrors(root: "/r/build")

    let found = errors.found(in: [
      "/r/build/kernel/core/A.swift:12:8: error: no such thing: error: x", "error: fatalError",
      "/r/build/kernel/core/A.swift:12:8: warning: odd",
    ])

    #expect(
      found == [
        .init(file: "kernel/core/A.swift", line: 12, column: 8, text: "no such thing: error: x")
      ])
  }
}
