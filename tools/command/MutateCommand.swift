import Foundation
import Mutation
import Synchronization
import ToolSupport

/// `mnos mutate`.
enum MutateCommand {
  /// How many faults made by rule are taken when nothing else is asked for.
  private static let sample = 240

  static func run(_ arguments: [String]) throws(ToolFailure) {
    let grammar = Options.Grammar(
      flags: ["--list"], values: ["--filter", "--only", "--json", "--sample"])
    let options = try Options(arguments, grammar: grammar)
    let set = try FaultSet(
      root: Workspace.root, sample: try sampleSize(options.value("--sample")))
    let chosen = try choice(options, of: set.numbered)
    if options.has("--list") { return list(chosen, of: set) }
    for fault in set.crossing { Report.notice("not planted, overlaps another: \(fault.summary)") }
    // All are built in, whatever is chosen: the next choice then needs no compiler.
    let folder = "\(Workspace.root)/build/mutation"
    let report = try FolderLock.holding(folder) { () throws(ToolFailure) -> TrialReport in
      var tree = MutatedTree(root: Workspace.root, folder: folder, faults: set.numbered)
      let program = try tree.build { Report.progress($0) }
      for (number, _) in tree.leftOut {
        Report.notice("left out: \(set.faults[number - 1].summary)")
      }
      let planted = tree.faults.filter { chosen[$0.key] != nil }
      return try MutationRun(program: program, json: options.value("--json")).run(planted)
    }
    for line in report.lines { print(line) }
    let missed = report.survivors.count
    guard missed == 0 else { throw ToolFailure("\(missed) faults were not caught") }
  }

  private static func sampleSize(_ text: String?) throws(ToolFailure) -> Int {
    guard let text else { return sample }
    if text == "all" { return .max }
    guard let number = Int(text), number >= 0 else {
      throw .usage("--sample takes a number or all, not '\(text)'")
    }
    return number
  }

  /// What `--filter` and `--only` leave.
  private static func choice(
    _ options: Options, of faults: [Int: Fault]
  ) throws(ToolFailure) -> [Int: Fault] {
    var chosen = faults
    if let text = options.value("--filter") {
      chosen = chosen.filter {
        $0.value.name.contains(text) || $0.value.file.contains(text) || $0.value.kind == text
      }
    }
    if let text = options.value("--only") {
      let words = text.split(separator: ",").map(String.init)
      let numbers = words.compactMap(Int.init)
      guard numbers.count == words.count else {
        throw .usage("--only takes numbers with commas between, not '\(text)'")
      }
      chosen = chosen.filter { numbers.contains($0.key) }
    }
    guard !chosen.isEmpty else { throw ToolFailure("no fault is left to try") }
    return chosen
  }

  private static func list(_ faults: [Int: Fault], of set: FaultSet) {
    for (number, fault) in faults.sorted(by: { $0.key < $1.key }) {
      print("\(number) \(fault.kind) \(fault.summary)")
      if let breaks = fault.breaks { print("    \(fault.name): \(breaks)") }
      if let reason = fault.equivalent { print("    equivalent: \(reason)") }
    }
    let reviewed = set.faults.filter { $0.breaks != nil }.count
    print(
      "\(faults.count) faults; \(reviewed) of all are reviewed, the rest is a sample of the "
        + "\(set.ruleCount) that the rules make")
  }
}

/// Tries faults, stage by stage: the long suites only for what the quick ones did not catch.
struct MutationRun {
  let program: String
  /// Where results are written after each stage.
  let json: String?

  private static let workerCount = 2
  /// Seconds of CPU time for a stage without a fault, at most.
  private static let plainLimit = 900

  func run(_ faults: [Int: Fault]) throws(ToolFailure) -> TrialReport {
    var results: [Int: TrialReport.Result] = [:]
    for (number, fault) in faults {
      results[number] = .init(number: number, fault: fault, outcome: .passed, stage: "")
    }
    let depth = faults.values.map { Stage.stages(for: $0.file).count }.max() ?? 0
    for index in 0..<depth {
      let open = results.values.filter {
        !$0.outcome.isCaught && index < Stage.stages(for: $0.fault.file).count
      }
      let groups = Dictionary(grouping: open) { Stage.stages(for: $0.fault.file)[index].name }
      for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
        let stage = Stage.stages(for: group[0].fault.file)[index]
        for result in try self.run(group, stage: stage) { results[result.number] = result }
        try write(results)
      }
    }
    return report(results)
  }

  private func report(_ results: [Int: TrialReport.Result]) -> TrialReport {
    let tests = Files.paths(under: "kernel", endingIn: [".swift"], root: Workspace.root)
      + Files.paths(under: "platforms", endingIn: [".swift"], root: Workspace.root)
    return TrialReport(
      Array(results.values),
      testFiles: tests.filter { $0.contains("ests/") })
  }

  private func write(_ results: [Int: TrialReport.Result]) throws(ToolFailure) {
    if let json { try Files.write(report(results).json, to: json) }
  }

  private func run(
    _ group: [TrialReport.Result], stage: Stage
  ) throws(ToolFailure) -> [TrialReport.Result] {
    let limit = try self.limit(of: stage)
    Report.progress("\(stage.name): \(group.count) faults, at most \(limit) s of CPU time each")
    let trial = Trial(program: program, stage: stage, limit: limit)
    let done = Mutex<[Result<TrialReport.Result, ToolFailure>]>([])
    let jobs = group.sorted { $0.number < $1.number }.map { result in
      TestJob(title: "\(result.number)", weight: 1) {
        let tried: Result<TrialReport.Result, ToolFailure>
        do throws(ToolFailure) {
          let outcome = try trial.run(fault: result.number)
          tried = .success(
            .init(
              number: result.number, fault: result.fault, outcome: outcome, stage: stage.name))
        } catch {
          tried = .failure(error)
        }
        let count = done.withLock {
          $0.append(tried)
          return $0.count
        }
        Self.tell(tried, count, of: group.count)
        return []
      }
    }
    _ = JobQueue.run(jobs, workerCount: Self.workerCount)
    var results: [TrialReport.Result] = []
    for tried in done.withLock({ $0 }) { results.append(try tried.get()) }
    return results
  }

  private static func tell(
    _ tried: Result<TrialReport.Result, ToolFailure>, _ count: Int, of total: Int
  ) {
    guard case .success(let result) = tried else { return }
    let what: String
    switch result.outcome {
    case .passed: what = "not caught"
    case .failed(let test, _, _): what = test
    case .crashed(let test): what = "crash in \(test)"
    case .timedOut(let test): what = "endless in \(test)"
    }
    Report.progress("[\(count)/\(total)] \(result.number) \(result.fault.summary): \(what)")
  }

  /// Seconds of CPU time that a stage is allowed: half as much again as it takes without a fault,
  /// where it must pass.
  private func limit(of stage: Stage) throws(ToolFailure) -> Int {
    let trial = Trial(program: program, stage: stage, limit: Self.plainLimit)
    let before = Self.childTime()
    let outcome = try trial.run(fault: 0)
    guard outcome == .passed else {
      throw ToolFailure("\(stage.name): the tests fail without any fault: \(outcome)")
    }
    return Int((Self.childTime() - before) * 1.5) + 5
  }

  /// Seconds of CPU time of the processes that have ended.
  private static func childTime() -> Double {
    var used = tms()
    // SAFETY: the structure outlives the call, which fills it.
    _ = unsafe times(&used)
    return Double(used.tms_cutime + used.tms_cstime) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
