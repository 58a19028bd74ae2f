import Builder
import Foundation
import Machine
import Synchronization
import ToolSetup
import ToolSupport

/// `mnos test`.
enum TestCommand {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    let grammar = Options.Grammar(
      flags: ["--selftests", "--yes"], values: ["--filter"],
      later: ["--add": "programs outside this tree"], wordLimit: 1)
    let options = try Options(arguments, grammar: grammar)
    let word = options.words.first
    let architectures =
      word == "host" ? [] : try Workspace.architectures(word ?? "all")
    let runsHost = (word == nil || word == "host" || word == "all") && !options.has("--selftests")
    try Doctor.ensure(
      architectures: architectures.map(\.name), emulator: !architectures.isEmpty,
      consent: Consent(saidYes: options.has("--yes")))
    let filter = options.value("--filter")
    let start = ContinuousClock.now
    var report = TestReport()
    if runsHost { report.add(try HostTests.run(filter: filter)) }
    report.add(
      try MachineTests(
        filter: filter, selfTestsOnly: options.has("--selftests")
      ).run(architectures))
    if report.passedCount + report.failures.count == 0 {
      report.fail("filter", "no test's name contains '\(filter ?? "")'")
    }
    for failure in report.failures { print("failed: \(failure.name): \(failure.reason)") }
    Report.progress("took \(Workspace.seconds(since: start))")
    print(report.summary)
    if !report.failures.isEmpty { exit(1) }
  }
}

/// The tests that need booted machines, on several architectures at a time.
struct MachineTests {
  let filter: String?
  let selfTestsOnly: Bool

  /// Builds for each architecture, then boots them side by side.
  func run(_ architectures: [Architecture]) throws(ToolFailure) -> TestReport {
    var images: [TestImages] = []
    for architecture in architectures {
      images.append(try TestImages(architecture, selfTestsOnly: selfTestsOnly))
    }
    let results = Mutex<[Int: TestReport]>([:])
    let ready = images
    DispatchQueue.concurrentPerform(iterations: ready.count) { index in
      let report = outcome(of: ready[index])
      results.withLock { $0[index] = report }
    }
    var total = TestReport()
    for (index, architecture) in architectures.enumerated() {
      let report = results.withLock { $0[index] ?? TestReport() }
      Report.progress("\(architecture.name): \(report.summary)")
      total.add(report, prefix: "\(architecture.name) ")
    }
    return total
  }

  private func outcome(of images: TestImages) -> TestReport {
    let name = images.architecture.name
    let tests = BootedTests(architecture: name, image: images.system) { line in
      Report.progress("\(name): \(line)")
    }
    var report = TestReport()
    do throws(ToolFailure) {
      if filter == nil || selfTestsOnly { report.add(try tests.selfTests(image: images.selfTest)) }
      guard !selfTestsOnly else { return report }
      report.add(try tests.userTests(images.programs.filter(isWanted)))
      for (program, image) in images.firstPrograms where isWanted(program) {
        report.add(try tests.firstProgramTests(program, image: image))
      }
      report.add(try tests.sessions(SessionScripts.all.filter { isWanted($0.name) }))
      if isWanted("files") { report.add(announced(try FileChecks.run(on: tests), name, "files")) }
      if isWanted("boot") {
        report.add(announced(try DamagedImageChecks.run(images.damaged, on: tests), name, "boot"))
      }
    } catch {
      report.fail("machine", error.message)
    }
    return report
  }

  private func announced(_ report: TestReport, _ name: String, _ part: String) -> TestReport {
    Report.progress("\(name): \(part): \(report.summary)")
    return report
  }

  private func isWanted(_ name: String) -> Bool { filter.map(name.contains) ?? true }
}

/// The images that the tests of one architecture boot.
struct TestImages {
  let architecture: Architecture
  /// The system as users get it, with some files more.
  let system: String
  /// The same with self-tests asked for on the kernel's command line.
  let selfTest: String
  /// Names of the test programs on it.
  let programs: [String]
  /// Test programs that have init's place, and their images.
  let firstPrograms: [(program: String, image: String)]
  let damaged: [DamagedImageChecks.Image]

  init(_ architecture: Architecture, selfTestsOnly: Bool) throws(ToolFailure) {
    self.architecture = architecture
    let folder = "\(Workspace.root)/build/\(architecture.name)"
    system = "\(folder)/test.iso"
    selfTest = "\(folder)/selftest.iso"
    try ImageRequest(kernelOptions: "kernel.selftest=1").make(architecture, at: selfTest)
    let all = ModuleTable(root: Workspace.root, architecture: architecture).programs
    programs = all.filter { $0.place == .tests }.map(\.name)
    guard !selfTestsOnly else {
      (damaged, firstPrograms) = ([], [])
      return
    }
    var images: [(program: String, image: String)] = []
    for program in all where program.place == .bootTests {
      let image = "\(folder)/\(program.name).iso"
      var request = ImageRequest()
      request.replacements = [
        "boot/init": try Workspace.context(architecture).programPath(program.name)
      ]
      try request.make(architecture, at: image)
      images.append((program.name, image))
    }
    firstPrograms = images
    damaged = try DamagedImageChecks.prepare(architecture)
    try FileChecks.prepare("\(folder)/samples")
    var request = ImageRequest()
    request.additions = ["\(folder)/samples"]
    try request.make(architecture, at: system)
  }
}
