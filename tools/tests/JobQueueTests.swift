import Synchronization
import Testing

@testable import mnos

@Suite struct JobQueueTests {
  @Test func longestJobsBeginFirstAndFollowersRun() {
    let order = Mutex<[String]>([])
    func job(_ title: String, _ weight: Int, then: [TestJob] = []) -> TestJob {
      TestJob(title: title, weight: weight) {
        order.withLock { $0.append(title) }
        return then
      }
    }

    let timings = JobQueue.run(
      [job("short", 1), job("long", 9, then: [job("follower", 5)]), job("other", 9)],
      workerCount: 1)

    #expect(order.withLock { $0 } == ["long", "other", "follower", "short"])
    #expect(timings.map(\.title) == ["long", "other", "follower", "short"])
  }

  @Test func workersWaitForWhatFollows() {
    let count = Mutex(0)
    let follower = TestJob(title: "follower", weight: 1) {
      count.withLock { $0 += 1 }
      return []
    }

    let timings = JobQueue.run(
      [TestJob(title: "first", weight: 1) { [follower, follower, follower] }], workerCount: 2)

    #expect(count.withLock { $0 } == 3)
    #expect(timings.count == 4)
  }

  @Test func nothingToDoEnds() {
    #expect(JobQueue.run([], workerCount: 2).isEmpty)
  }
}
