import Foundation
import Synchronization
import ToolSupport

/// A part of a test run, which knows what can be done once it is done.
struct TestJob: Sendable {
  let title: String
  /// About how many seconds it takes, with all that follows from it; longer jobs begin first.
  let weight: Int
  /// Does it, and returns what can be done now.
  let work: @Sendable () -> [TestJob]
}

/// Carries out jobs on a few workers.
final class JobQueue: Sendable {
  /// How long one job took.
  struct Timing: Sendable {
    let title: String
    let duration: Duration
  }

  private struct State {
    var waiting: [TestJob]
    var underWay = 0
    var timings: [Timing] = []
  }

  private let state: Mutex<State>
  private let wakeUp = NSCondition()

  private init(_ jobs: [TestJob]) { state = Mutex(State(waiting: jobs)) }

  /// Carries out `jobs` and all that follows from them.
  ///
  /// - Returns: What each took, in the order in which they ended.
  static func run(_ jobs: [TestJob], workerCount: Int) -> [Timing] {
    let queue = JobQueue(jobs)
    let done = DispatchGroup()
    for _ in 0..<max(1, workerCount) {
      DispatchQueue.global().async(group: done) { queue.work() }
    }
    done.wait()
    return queue.state.withLock { $0.timings }
  }

  private func work() {
    while let job = next() {
      let start = ContinuousClock.now
      let following = job.work()
      let timing = Timing(title: job.title, duration: ContinuousClock.now - start)
      state.withLock { state in
        state.waiting += following
        state.underWay -= 1
        state.timings.append(timing)
      }
      announce()
    }
  }

  /// Takes the longest job that waits, waiting for one if need be.
  ///
  /// - Returns: nil when nothing is left and nothing can come.
  private func next() -> TestJob? {
    wakeUp.lock()
    defer { wakeUp.unlock() }
    while true {
      let (job, mayComeLater) = take()
      if job != nil || !mayComeLater { return job }
      wakeUp.wait()
    }
  }

  private func take() -> (job: TestJob?, mayComeLater: Bool) {
    state.withLock { state in
      let longest = state.waiting.indices.max {
        // The earlier one of two that take as long.
        (state.waiting[$0].weight, $1) < (state.waiting[$1].weight, $0)
      }
      guard let longest else { return (nil, state.underWay > 0) }
      state.underWay += 1
      return (state.waiting.remove(at: longest), true)
    }
  }

  private func announce() {
    wakeUp.lock()
    wakeUp.broadcast()
    wakeUp.unlock()
  }
}
