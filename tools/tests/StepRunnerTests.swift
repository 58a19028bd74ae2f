import Foundation
import Testing
import ToolSupport

@testable import Builder

@Suite struct StepRunnerTests {
  /// A new empty folder, removed by the caller.
  private func folder() throws -> String {
    let path = NSTemporaryDirectory() + "mnos-steps-\(UUID().uuidString)"
    try Files.makeFolder(path)
    return path
  }

  private func copy(_ from: String, _ to: String, after: [String] = []) -> Step {
    Step(
      "copy \(to)", after: after, inputs: [from], outputs: [to],
      actions: [.run(ToolCommand("cp", [from, to]))])
  }

  @Test func stepsRunInOrderAndOnlyOnce() throws {
    let root = try folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    try Files.write("one", to: "\(root)/a")
    let steps = [copy("b", "c", after: ["copy b"]), copy("a", "b")]
    let runner = StepRunner(root: root, workerCount: 2)

    #expect(try runner.run(steps) == 2)
    #expect(try Files.text(of: "\(root)/c") == "one")
    #expect(try runner.run(steps) == 0)
  }

  @Test func changedInputIsBuiltAnew() throws {
    let root = try folder()
    defer { try? FileManager.default.removeItem(atPath: root) }
    try Files.write("one", to: "\(root)/a")
    let runner = StepRunner(root: root, workerCount: 1)
    try runner.run([copy("a", "b")])

    try Files.write("second", to: "\(root)/a")

    #expect(try runner.run([copy("a", "b")]) == 1)
    #expect(try Files.text(of: "\(root)/b") == "second")
  }

  @Test func failureCarriesTheCommandsOwnWords() throws {
    let root = try folder()
    defer { try? FileManager.default.removeItem(atPath: root) }

    let failure = #expect(throws: ToolFailure.self) {
      try StepRunner(root: root, workerCount: 1).run([copy("missing", "b")])
    }

    #expect(failure?.message.contains("copy b failed") == true)
    #expect(failure?.message.contains("missing") == true)
  }
}
