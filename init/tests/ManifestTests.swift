import Foundation
import Libmnos
import Testing

@testable import InitService

@Suite struct ManifestTests {
  private func problem(_ services: [ServiceEntry]) -> ManifestProblem? {
    do throws(ManifestProblem) {
      try ManifestCheck.check(services, highestPriority: 200)
      return nil
    } catch { return error }
  }

  @Test func thisSystemsManifestIsSound() {
    #expect(problem(Manifest.services) == nil)
    #expect(
      Manifest.services.map(\.name)
        == ["console", "initramfs", "vfs", "shell"].map {
          ShortName(Array($0.utf8).span)!
        })
  }

  @Test func everyProgramIsInThisTree() {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    for service in Manifest.services {
      let path = service.path.description
      let main = root.appending(path: "services/\(path.dropFirst(4))/Main.swift")

      #expect(path.hasPrefix("bin/"))
      #expect(FileManager.default.fileExists(atPath: main.path()), "\(path) is not built")
    }
  }

  @Test func onlyTheShellMayUsePower() {
    for service in Manifest.services where service.name != ShortName("shell") {
      #expect(!service.grants.contains(.processes(mayUsePower: true)))
      #expect(!service.grants.contains(.processes(mayUsePower: false)))
    }
  }

  @Test func namesAreServedOnce() {
    #expect(problem([entry("a"), entry("a")]) == .duplicateName(Name("a")))
    #expect(
      problem([entry("a", serves: ["x"]), entry("b", serves: ["x"])])
        == .duplicateName(Name("x")))
  }

  @Test func whatIsNeededMustBeServed() {
    #expect(problem([entry("a", needs: ["x"])]) == .nobodyServes(Name("x")))
    #expect(problem([entry("a", needs: ["x"]), entry("b", serves: ["x"])]) == nil)
  }

  @Test func nobodyWaitsForItself() {
    #expect(
      problem([entry("a", serves: ["x"], needs: ["x"])]) == .circularNeed(Name("a")))
    #expect(
      problem([
        entry("a", serves: ["x"], needs: ["y"]), entry("b", serves: ["y"], needs: ["x"]),
      ]) == .circularNeed(Name("a")))
  }

  @Test(arguments: [(UInt8(199), true), (200, false), (255, false)])
  func prioritiesStayBelowInits(priority: UInt8, isSound: Bool) {
    #expect((problem([entry("a", priority: priority)]) == nil) == isSound)
  }

  @Test func grantsAndBudgetsAreChecked() {
    #expect(
      problem([entry("a", grants: [.directory, .archive, .directory])])
        == .duplicateGrant(Name("a")))
    #expect(problem([entry("a", memoryLimit: 0)]) == .noBudget(Name("a")))
  }

  @Test(arguments: [([], false), (["x"], true), (["x", "y"], false)] as [([StaticString], Bool)])
  func aQueueIsKeptForOneName(names: [StaticString], isSound: Bool) {
    let expected = isSound ? nil : ManifestProblem.queueWithoutOneName(Name("a"))

    #expect(problem([entry("a", serves: names, keepsQueue: true)]) == expected)
    #expect(problem([entry("a", serves: names)]) == nil)
  }

  @Test func queuesAreKeptForWhoeverServesAName() {
    for service in Manifest.services { #expect(service.keepsQueue == !service.serves.isEmpty) }
  }

  @Test func sharesAreChecked() {
    for share in [
      CPUShare(microseconds: 0, period: 1_000), CPUShare(microseconds: 1_001, period: 1_000),
      CPUShare(microseconds: 1, period: 999), CPUShare(microseconds: 1, period: 1_000_001),
      CPUShare(microseconds: 0, period: 0), CPUShare(microseconds: .max, period: .max),
    ] {
      #expect(problem([entry("a", share: share)]) == .badShare(Name("a")))
    }
    #expect(problem([entry("a", share: .percent(60)), entry("b", share: .percent(40))]) == nil)
    #expect(
      problem([entry("a", share: .percent(60)), entry("b", share: .percent(41))])
        == .tooManyShares(Name("b")))
  }
}
