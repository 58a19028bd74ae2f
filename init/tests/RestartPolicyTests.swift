import Libmnos
import Testing

@testable import InitService

@Suite struct RestartPolicyTests {
  @Test func `SUP_003 pausesDoubleFrom50MillisecondsTo30Seconds`() {
    var policy = RestartPolicy()
    var pauses: [UInt64] = []
    var now: UInt64 = 1_000_000_000
    for _ in 0..<12 {
      let next = policy.ended(startedAt: now, now: now, exitValue: 1, rule: .always)!
      pauses.append((next - now) / 1_000_000)
      now = next
    }

    #expect(pauses == [50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000])
    #expect(policy.restartCount == 12)
  }

  @Test(
    arguments: [
      (RestartPolicy.healthyRun - 1, 100), (RestartPolicy.healthyRun, 50),
    ] as [(UInt64, UInt64)])
  func aLongRunIsForgiven(run: UInt64, pause: UInt64) {
    var policy = RestartPolicy()
    _ = policy.ended(startedAt: 0, now: 0, exitValue: 1, rule: .always)

    let next = policy.ended(startedAt: 0, now: run, exitValue: 1, rule: .always)

    #expect(next == run + pause * 1_000_000)
  }

  @Test func anEndThatWasAskedForIsNotHeldAgainstIt() {
    var policy = RestartPolicy()
    let first = RestartPolicy.firstPause
    for _ in 0..<5 {
      let next = policy.ended(
        startedAt: 0, now: 0, exitValue: ExitValue.killed, rule: .always, wasAsked: true)
      #expect(next == first)
    }

    #expect(policy.ended(startedAt: 0, now: 0, exitValue: 1, rule: .always) == first)
    #expect(policy.ended(startedAt: 0, now: 0, exitValue: 1, rule: .always) == 2 * first)
    #expect(
      policy.ended(startedAt: 0, now: 0, exitValue: 0, rule: .always, wasAsked: true) == first)
    #expect(policy.restartCount == 8)
  }

  @Test func rulesDecide() {
    var policy = RestartPolicy()

    #expect(policy.ended(startedAt: 0, now: 0, exitValue: 1, rule: .never) == nil)
    #expect(policy.ended(startedAt: 0, now: 0, exitValue: 0, rule: .onFailure) == nil)
    #expect(policy.restartCount == 0)
    #expect(policy.ended(startedAt: 0, now: 0, exitValue: 1, rule: .onFailure) != nil)
    #expect(policy.ended(startedAt: 0, now: 0, exitValue: 0, rule: .always) != nil)
    #expect(
      policy.ended(startedAt: 0, now: 0, exitValue: ExitValue.killed, rule: .onFailure) != nil)
    #expect(policy.ended(startedAt: 5, now: .max, exitValue: 1, rule: .always) == nil)
  }
}
