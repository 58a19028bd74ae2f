import Builder
import Foundation
import Machine
import ToolSupport

/// The jobs of one architecture in a test run.
struct ArchitectureTests: Sendable {
  private let run: TestRun
  private let architecture: Architecture
  private let results: TestResults
  /// Whether nothing else is built at the same time.
  private let isAlone: Bool

  init(_ run: TestRun, _ architecture: Architecture, _ results: TestResults, isAlone: Bool) {
    self.run = run
    self.architecture = architecture
    self.results = results
    self.isAlone = isAlone
  }

  private var name: String { architecture.name }

  /// Builds what the tests boot; the boots follow from it.
  func buildJob(weight: Int) -> TestJob {
    job("build", weight: weight) { () throws(ToolFailure) in
      let images = try TestImages(
        architecture, selfTestsOnly: run.selfTestsOnly, limine: run.limine,
        workerCount: isAlone ? nil : 1)
      if run.isWanted("image") { results.add(try Self.reproduction(architecture), to: name) }
      return try boots(of: images)
    }
  }

  /// Whether images are the same wherever they are made.
  private static func reproduction(_ architecture: Architecture) throws(ToolFailure) -> TestReport {
    let check = ReproductionCheck(Builder(try Workspace.context(architecture)))
    var report = TestReport()
    let isSame = try check.givesTheSameBytes()
    report.judge("image.sameBytesFromAnotherFolder", isSame ? nil : "the two images differ")
    report.judge(
      "image.namesNoFolderOfTheHost", try check.fileThatNamesTheFolder().map { "\($0) does" })
    return report
  }

  private func boots(of images: TestImages) throws(ToolFailure) -> [TestJob] {
    let name = name
    let tests = BootedTests(architecture: name, image: images.system) { line in
      Report.progress("\(name): \(line)")
    }
    var jobs: [TestJob] = []
    if run.filter == nil || run.selfTestsOnly {
      jobs.append(
        reporting("self-tests", weight: 20) { () throws(ToolFailure) in
          try tests.selfTests(image: images.selfTest)
        })
    }
    if run.selfTestsOnly { return jobs }
    let programs = images.programs.filter(run.isWanted)
    if !programs.isEmpty {
      jobs.append(
        reporting("user-land tests", weight: 120) { () throws(ToolFailure) in
          try tests.userTests(programs)
        })
    }
    jobs += images.firstPrograms.filter { run.isWanted($0.program) }.map { program, image in
      reporting(program, weight: 15) { () throws(ToolFailure) in
        try tests.firstProgramTests(program, image: image)
      }
    }
    jobs += images.standIns.filter { run.isWanted($0.program) }.map { standIn in
      let program = standIn.program
      return reporting(program, weight: program == "restarts" ? 40 : 15) {
        () throws(ToolFailure) in
        try tests.firstProgramTests(program, image: standIn.image, inPlacesOf: standIn.services)
      }
    }
    if run.isWanted("looping"), let image = images.loopingService {
      let busy = BootedTests(architecture: name, image: image) { line in
        Report.progress("\(name): \(line)")
      }
      jobs.append(
        reporting("promptness", weight: 15) { () throws(ToolFailure) in
          try busy.promptness(beside: "vfs", area: "looping")
        })
    }
    let scripts = SessionScripts.all.filter { run.isWanted($0.name) }
    if !scripts.isEmpty {
      jobs.append(
        reporting("sessions", weight: 30) { () throws(ToolFailure) in
          try tests.sessions(scripts)
        })
    }
    if run.isWanted("files") {
      jobs.append(
        reporting("files", weight: 25) { () throws(ToolFailure) in
          try FileChecks.run(on: tests)
        })
    }
    jobs += try exhaustionJobs(tests)
    jobs += images.damaged.filter { run.isWanted($0.fact) }.map { image in
      reporting(image.fact, weight: 10) { () throws(ToolFailure) in
        try DamagedImageChecks.run(image, on: tests)
      }
    }
    jobs += images.userPages.filter { run.isWanted(UserPageChecks.fact($0.access)) }.map { page in
      reporting(UserPageChecks.fact(page.access), weight: 10) { () throws(ToolFailure) in
        try tests.userPage(page.access, image: page.image)
      }
    }
    return jobs + (try machineJobs(tests, .builtIn, image: images.system))
      + (try machineJobs(tests, .limine, image: images.limine))
  }

  /// A job for each size of machine on which everything is used up.
  private func exhaustionJobs(_ tests: BootedTests) throws(ToolFailure) -> [TestJob] {
    let board = try Board.of(name)
    return ExhaustionWays.Size.allCases.filter { run.isWanted("exhaustion.\($0.rawValue)") }
      .map { size in
        let machine = size == .small ? board.smallestMachine : nil
        return reporting("exhaustion.\(size.rawValue)", weight: 60) { () throws(ToolFailure) in
          ExhaustionWays.judge(
            try tests.conversation(ExhaustionWays.commands, on: machine), on: size)
        }
      }
  }

  /// A job for each machine; whichever is the last to end judges them all.
  private func machineJobs(
    _ tests: BootedTests, _ loader: MachineChecks.Loader, image: String?
  ) throws(ToolFailure) -> [TestJob] {
    let checks = MachineChecks(try Board.of(name), loader: loader, filter: run.filter)
    let machines = checks.machines
    guard let image, !machines.isEmpty else {
      let lack = image == nil ? "no Limine here; --limine DIR or LIMINE_DIR names one" : nil
      results.add(checks.judge([:], lack: lack), to: name)
      return []
    }
    let (architecture, results) = (name, results)
    return machines.map { machine in
      job("\(loader.rawValue).\(machine.name)", weight: 15) { () throws(ToolFailure) in
        var conversation: Conversation?
        defer {
          let all = results.keep(
            conversation, of: machine.name, under: "\(architecture) \(loader.rawValue)")
          if all.count == machines.count { results.add(checks.judge(all), to: architecture) }
        }
        conversation = try tests.conversation(MachineChecks.commands, on: machine, image: image)
        return []
      }
    }
  }

  /// A job whose report counts for this architecture.
  private func reporting(
    _ title: String, weight: Int, _ work: @escaping @Sendable () throws(ToolFailure) -> TestReport
  ) -> TestJob {
    let (name, results) = (name, results)
    return job(title, weight: weight) { () throws(ToolFailure) in
      let report = try work()
      Report.progress("\(name): \(title): \(report.summary)")
      results.add(report, to: name)
      return []
    }
  }

  /// A job that counts as a failed test if it throws.
  private func job(
    _ title: String, weight: Int, _ work: @escaping @Sendable () throws(ToolFailure) -> [TestJob]
  ) -> TestJob {
    let (name, results) = (name, results)
    return TestJob(title: "\(name) \(title)", weight: weight) {
      do throws(ToolFailure) {
        return try work()
      } catch {
        results.fail(title, error.message, of: name)
        return []
      }
    }
  }
}

/// The images that the tests of one architecture boot.
struct TestImages {
  /// The system as users get it, with some files more.
  let system: String
  /// The same with self-tests asked for on the kernel's command line.
  let selfTest: String
  /// The system under Limine; nil without Limine.
  private(set) var limine: String?
  /// Names of the test programs on it.
  let programs: [String]
  /// Test programs that have init's place, and their images.
  private(set) var firstPrograms: [(program: String, image: String)] = []
  private(set) var damaged: [DamagedImageChecks.Image] = []
  /// The system with a kernel that uses a page of init's as it never may.
  private(set) var userPages: [(access: UserPageChecks.Access, image: String)] = []
  /// Systems with a test program in the shell's place, where it has the authority to look after
  /// services: one ends them again and again, one waits beside a service in an endless loop, one
  /// has a service fault.
  private(set) var standIns: [(program: String, services: [String], image: String)] = []
  /// The system with a service in an endless loop, more urgent than the shell; nil for self-tests.
  private(set) var loopingService: String?

  /// - Parameter workerCount: How many compilers at a time; nil for as many as there are cores.
  init(
    _ architecture: Architecture, selfTestsOnly: Bool, limine folderOfLimine: String?,
    workerCount: Int?
  ) throws(ToolFailure) {
    let folder = "\(Workspace.root)/build/\(architecture.name)"
    system = "\(folder)/test.iso"
    selfTest = "\(folder)/selftest.iso"
    var request = ImageRequest(kernelOptions: "kernel.selftest=1")
    request.workerCount = workerCount
    try request.make(architecture, at: selfTest)
    let all = ModuleTable(root: Workspace.root, architecture: architecture).programs
    programs = all.filter { $0.place == .tests }.map(\.name)
    guard !selfTestsOnly else { return }
    request.kernelOptions = ""
    for program in all where program.place == .bootTests {
      let image = "\(folder)/\(program.name).iso"
      var request = request
      request.replacements = [
        "boot/init": try Workspace.context(architecture).programPath(program.name)
      ]
      try request.make(architecture, at: image)
      firstPrograms.append((program.name, image))
    }
    let both = ["vfs", "shell"]
    standIns = [
      ("restarts", ["shell"], try Self.makeRestarts(architecture, in: folder, request)),
      ("looping", both, try Self.makeLooping(architecture, in: folder, request, both)),
      ("supervision", ["shell"], try Self.makeSupervision(architecture, in: folder, request)),
    ]
    loopingService = try Self.makeLooping(architecture, in: folder, request, ["vfs"])
    damaged = try DamagedImageChecks.prepare(architecture)
    for access in UserPageChecks.Access.allCases {
      let image = "\(folder)/userpage-\(access.rawValue).iso"
      var request = request
      request.kernelOptions = UserPageChecks.kernelOption(access)
      try request.make(architecture, at: image)
      userPages.append((access, image))
    }
    try FileChecks.prepare("\(folder)/samples")
    request.additions = ["\(folder)/samples"]
    try request.make(architecture, at: system)
    guard let folderOfLimine else { return }
    let path = "\(folder)/limine.iso"
    try ImageRequest(limine: folderOfLimine).make(architecture, at: path)
    limine = path
  }

  private static func makeLooping(
    _ architecture: Architecture, in folder: String, _ request: ImageRequest,
    _ services: [String]
  ) throws(ToolFailure) -> String {
    var request = request
    for service in services { request.standIns[service] = "looping" }
    let image = "\(folder)/looping-\(services.joined(separator: "-")).iso"
    try request.make(architecture, at: image)
    return image
  }

  private static func makeSupervision(
    _ architecture: Architecture, in folder: String, _ request: ImageRequest
  ) throws(ToolFailure) -> String {
    var request = request
    request.standIns = ["vfs": "supervision", "shell": "supervision"]
    let image = "\(folder)/supervision.iso"
    try request.make(architecture, at: image)
    return image
  }

  /// `MNOS_KILLS` says how many kills there are, in place of the program's own number.
  private static func makeRestarts(
    _ architecture: Architecture, in folder: String, _ request: ImageRequest
  ) throws(ToolFailure) -> String {
    var request = request
    request.standIns = ["shell": "restarts"]
    if let count = ProcessInfo.processInfo.environment["MNOS_KILLS"] {
      let files = "\(folder)/restarts"
      try Files.makeEmptyFolder("\(files)/samples")
      try Files.write(Array(count.utf8), to: "\(files)/samples/kills")
      request.additions = [files]
    }
    let image = "\(folder)/restarts.iso"
    try request.make(architecture, at: image)
    return image
  }
}
