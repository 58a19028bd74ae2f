import Foundation
import Synchronization
import ToolSupport

/// Carries out steps, several at a time where their order allows it.
public struct StepRunner: Sendable {
  private let root: String
  private let workerCount: Int

  public init(root: String, workerCount: Int = StepRunner.defaultWorkerCount) {
    self.root = root
    self.workerCount = workerCount
  }

  /// As many workers as the machine has cores.
  public static var defaultWorkerCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// Brings every output of `steps` up to date.
  ///
  /// - Returns: How many steps had work to do.
  /// - Throws: The first failure, once the steps that were under way have ended.
  @discardableResult
  public func run(_ steps: [Step]) throws(ToolFailure) -> Int {
    let state = StepState(steps)
    let done = DispatchGroup()
    for _ in 0..<workerCount {
      DispatchQueue.global().async(group: done) { work(through: state) }
    }
    done.wait()
    if let failure = state.failure { throw failure }
    return state.changedCount
  }

  private func work(through state: StepState) {
    while let step = state.next() {
      do throws(ToolFailure) {
        let didWork = try carryOut(step, total: state.total, position: state.begin)
        state.finish(step, didWork: didWork)
      } catch {
        state.fail(ToolFailure("\(step.title) failed:\n\(error.message)"))
      }
    }
  }

  private func carryOut(
    _ step: Step, total: Int, position: () -> Int
  ) throws(ToolFailure) -> Bool {
    let fingerprint = Fingerprint(of: step, root: root)
    let number = position()
    if fingerprint.matches(step, root: root) { return false }
    Report.progress("[\(number)/\(total)] \(step.title)")
    Fingerprint.clear(for: step, root: root)
    for output in step.outputs {
      try Files.makeFolder("\(root)/\(output.parentFolder)")
    }
    for action in step.actions {
      switch action {
      case .run(let command):
        let output = try command.run(in: root)
        if !output.isEmpty { Report.write(output) }
      case .perform(_, let work):
        try work()
      }
    }
    try fingerprint.store(for: step, root: root)
    return true
  }
}

extension String {
  /// The path without its last part; "." if it has one part only.
  var parentFolder: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return String(self[..<slash])
  }
}

/// Which steps are waiting, under way and done, shared by the workers.
private final class StepState: Sendable {
  private struct Progress {
    var waiting: [Step]
    var finished: Set<String> = []
    var underWay = 0
    var begun = 0
    var changed = 0
    var failure: ToolFailure?
  }

  let total: Int
  private let progress: Mutex<Progress>
  private let wakeUp = NSCondition()

  init(_ steps: [Step]) {
    total = steps.count
    progress = Mutex(Progress(waiting: steps))
  }

  var failure: ToolFailure? { progress.withLock { $0.failure } }
  var changedCount: Int { progress.withLock { $0.changed } }

  /// Takes the next step whose predecessors are done, waiting for one if need be.
  ///
  /// - Returns: nil when nothing is left for this worker.
  func next() -> Step? {
    wakeUp.lock()
    defer { wakeUp.unlock() }
    while true {
      let (step, mayComeLater) = take()
      if step != nil || !mayComeLater { return step }
      wakeUp.wait()
    }
  }

  private func take() -> (step: Step?, mayComeLater: Bool) {
    progress.withLock { state in
      guard state.failure == nil else { return (nil, false) }
      let ready = state.waiting.firstIndex { step in
        step.after.allSatisfy { state.finished.contains($0) }
      }
      guard let ready else { return (nil, state.underWay > 0) }
      state.underWay += 1
      return (state.waiting.remove(at: ready), true)
    }
  }

  /// Counts a step as begun.
  func begin() -> Int {
    progress.withLock { state in
      state.begun += 1
      return state.begun
    }
  }

  func finish(_ step: Step, didWork: Bool) {
    progress.withLock { state in
      state.underWay -= 1
      state.finished.insert(step.title)
      if didWork { state.changed += 1 }
    }
    announce()
  }

  func fail(_ failure: ToolFailure) {
    progress.withLock { state in
      state.underWay -= 1
      if state.failure == nil { state.failure = failure }
    }
    announce()
  }

  private func announce() {
    wakeUp.lock()
    wakeUp.broadcast()
    wakeUp.unlock()
  }
}
