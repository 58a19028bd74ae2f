import Testing
import ToolSupport

@testable import Builder
@testable import mnos

@Suite struct WorkspaceTests {
  @Test func oneThatFailsDoesNotStopTheOthers() throws {
    let architectures = Architecture.all
    let (lacking, failing) = (architectures[1].name, architectures[2].name)
    var done: [String] = []

    let outcome = Workspace.each(
      architectures, lacking: [lacking: ToolFailure("no firmware (package x)")]
    ) { (architecture) throws(ToolFailure) in
      if architecture.name == failing { throw ToolFailure("does not build") }
      done.append(architecture.name)
    }

    #expect(done == architectures.map(\.name).filter { ![lacking, failing].contains($0) })
    let failure = #expect(throws: ToolFailure.self) { try outcome.get() }
    #expect(failure?.message.contains("\(lacking): no firmware (package x)") == true)
    #expect(failure?.message.contains("\(failing): does not build") == true)
    #expect(failure?.exitStatus == 1)
  }

  @Test func oneAloneFailsInItsOwnWords() {
    let outcome = Workspace.each([Architecture.all[0]], lacking: [:]) {
      (_) throws(ToolFailure) in throw ToolFailure("does not build", exitStatus: 64)
    }

    let failure = #expect(throws: ToolFailure.self) { try outcome.get() }
    #expect(failure?.message == "does not build")
    #expect(failure?.exitStatus == 64)
  }

  @Test func nothingFailsIfAllIsWell() {
    let outcome = Workspace.each(Architecture.all, lacking: [:]) {
      (_) throws(ToolFailure) in
    }

    #expect(throws: Never.self) { try outcome.get() }
  }
}
