import MnosABI
import Testing

@testable import KernelCore

/// Shares of the CPU's time and calls: who calls pays for being served, and nobody goes on with
/// the time of who served it. And what happens to a thread that is throttled.
@Suite struct TimeShareCallTests {
  private let machine = TestMachine()
  private static let period = TestMachine.sharePeriod
  private static let step = TestMachine.turn

  /// A client that spins between calls, a server, and somebody of low priority.
  private struct Rig {
    let client, server, other: Actor
    let calling, serving: Handle
    let clientBudget: Handle
  }

  private func makeRig(
    clientShare: UInt64, serverShare: UInt64, serverPriority: UInt8 = TestMachine.priority
  ) -> Rig {
    let clientBudget = machine.makeBudget(share: clientShare)
    let client = machine.spawn(budget: clientBudget)
    let server = machine.spawn(
      priority: serverPriority, budget: machine.makeBudget(share: serverShare))
    let other = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let rig = Rig(
      client: client, server: server, other: other,
      calling: machine.give(endpoint, to: client), serving: machine.give(endpoint, to: server),
      clientBudget: clientBudget)
    machine.receive(server, rig.serving)
    return rig
  }

  /// How long each ran, in steps, by what `act` has them do.
  private func run(
    _ rig: Rig, periods: UInt64, act: (ThreadID) -> Void
  ) -> (client: Int, server: Int, other: Int) {
    let acts = machine.turns(overPeriods: periods, act: act)
    return (
      acts[rig.client.thread.granule] ?? 0, acts[rig.server.thread.granule] ?? 0,
      acts[rig.other.thread.granule] ?? 0
    )
  }

  /// The client calls whenever it runs, and the server answers at its `work`th step.
  private func serve(_ rig: Rig, work: Int = 1, isLending: Bool = false) -> (ThreadID) -> Void {
    var done = 0
    return { thread in
      if thread == rig.client.thread {
        machine.request(
          rig.client, rig.calling, [1],
          lending: isLending
            ? [TestMachine.Loan(base: Actor.scratch, byteCount: 8)] : [])
      } else if thread == rig.server.thread {
        done += 1
        guard done >= work else { return }
        done = 0
        machine.replyAndReceive(
          rig.server, machine.outcome(rig.server).result.reply, rig.serving)
      }
    }
  }

  /// Calls by the fast path, and by the general one: a lease makes a call take that.
  @Test(arguments: [false, true], [0, 10_000] as [UInt64])
  func whoCallsPaysForBeingServed(isLending: Bool, serverShare: UInt64) {
    let rig = makeRig(clientShare: 5_000, serverShare: serverShare)
    machine.parkInit()
    let steps = run(rig, periods: 10, act: serve(rig, work: 4, isLending: isLending))
    // A quarter of the time for both together, however much the server itself has.
    let total = Int(10 * Self.period / Self.step)
    #expect(abs(steps.client + steps.server - total / 4) < total / 20)
    #expect(steps.other >= total * 7 / 10)
    #expect(machine.findings == [])
  }

  /// A server that is called from a budget without a share, or from one that has much, and never
  /// answers: it spends its own share, and that of the caller, who waits.
  @Test(arguments: [0, 10_000] as [UInt64])
  func aServerThatLoopsSpendsItsOwnShare(clientShare: UInt64) {
    let rig = makeRig(clientShare: clientShare, serverShare: 1_000)
    machine.parkInit()
    let steps = run(rig, periods: 10, act: serve(rig, work: .max))
    let total = Int(10 * Self.period / Self.step)
    #expect(steps.client <= 1)
    let shares = TestMachine.steps(clientShare + 1_000, periods: 10)
    // A period begun, and a look when somebody without a share calls.
    #expect(steps.server <= shares + 60 && steps.server >= shares - 20, "\(steps.server) turns")
    #expect(steps.other >= total - shares - 80)
    #expect(machine.findings == [])
  }

  /// The server is kept from its work by somebody more urgent, so that it goes on at its own
  /// expense; the client, once answered, must not.
  @Test(arguments: [false, true])
  func nobodyGoesOnWithTheTimeOfWhoServedIt(isLending: Bool) {
    let rig = makeRig(clientShare: 1_000, serverShare: 0, serverPriority: 50)
    let urgent = machine.spawn()
    let notification = machine.give(machine.makeNotification(), to: urgent)
    machine.wait(urgent, notification)
    machine.call(machine.initial, .setPriority, UInt64(rig.client.threadHandle.rawValue), 50)
    machine.parkInit()
    let serve = serve(rig, isLending: isLending)
    var isServed = false
    let steps = run(rig, periods: 10) { thread in
      if thread == urgent.thread {
        machine.wait(urgent, notification)
      } else if thread == rig.server.thread, !isServed {
        // In the middle of its work.
        isServed = true
        machine.enter { $0.objects.wake(urgent.thread, .timedOut) }
      } else if thread != rig.client.thread || !isServed {
        // The client calls once and spins from then on.
        serve(thread)
      }
    }
    let total = Int(10 * Self.period / Self.step)
    #expect(isServed)
    #expect(steps.client <= total / 20 + 15)
    #expect(machine.findings == [])
  }

  /// Who pays goes, while the server that it called runs.
  @Test func thePayerEndsWhileItIsServed() {
    let rig = makeRig(clientShare: 5_000, serverShare: 1_000)
    let own = machine.give(rig.clientBudget, to: rig.server)
    machine.request(rig.client, rig.calling)
    #expect(machine.running == rig.server.thread)
    #expect(machine.kernel.objects[machine.kernel.cpu].payer.granule != 0)
    machine.destroy(rig.server, own)
    #expect(machine.findings == [])
    machine.parkInit()
    let steps = run(rig, periods: 10) { _ in }
    #expect(steps.client == 0)
    #expect(steps.server <= Int(10 * Self.period / Self.step) / 20 + 70)
    #expect(machine.findings == [])
  }

  // MARK: Throttled threads

  /// What can happen to a thread while its share is spent.
  enum Event: CaseIterable {
    case waits, waitsWithDeadline, sleepsPastThePeriod, calls, suspended, suspendedWaiting
    case lowered, raised, ended, processEnded, budgetEnded, stopped, periodOver
  }

  @Test(arguments: Event.allCases)
  func whatHappensToAThrottledThread(event: Event) {
    let budget = machine.makeBudget(share: 1_000)
    let spinner = machine.spawn(priority: 60, budget: budget)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: spinner)
    let notification = machine.makeNotification()
    let waiting = machine.give(notification, to: spinner)
    let alarm = machine.makeNotification()
    machine.wait(machine.initial, alarm, deadline: machine.now + 6_000_000)
    machine.become(spinner.thread)
    machine.advance(to: machine.now + 3_000_000)
    #expect(machine.kernel.objects[spinner.thread].isThrottled)
    #expect(machine.running == spinner.thread)
    #expect(machine.findings == [])

    switch event {
    case .waits: machine.wait(spinner, waiting)
    case .waitsWithDeadline: machine.wait(spinner, waiting, deadline: machine.now + 1_000_000)
    case .sleepsPastThePeriod: machine.wait(spinner, waiting, deadline: machine.now + 90_000_000)
    case .calls: machine.request(spinner, calling, deadline: machine.now + 50_000_000)
    default: break
    }
    #expect(machine.findings == [])
    machine.advance(to: machine.now + 4_000_000)
    #expect(machine.running == machine.initial.thread || event == .waitsWithDeadline)
    let thread = UInt64(spinner.threadHandle.rawValue)
    let initial = machine.initial
    switch event {
    case .waits: machine.signal(initial, notification)
    case .suspended: machine.call(initial, .suspend, thread)
    case .suspendedWaiting:
      machine.call(initial, .suspend, thread)
      machine.advance(to: machine.now + 2 * Self.period)
      #expect(machine.findings == [])
      machine.call(initial, .resume, thread)
    case .lowered: machine.call(initial, .setPriority, thread, 3)
    case .raised: machine.call(initial, .setPriority, thread, UInt64(TestMachine.priority))
    case .ended: machine.destroy(initial, spinner.threadHandle)
    case .processEnded: machine.destroy(initial, spinner.processHandle)
    case .budgetEnded: machine.destroy(initial, budget)
    case .stopped: machine.enter { $0.objects.stopProcess(of: spinner.thread) }
    default: break
    }
    #expect(machine.findings == [])
    // Init does not let go of the CPU: nothing of that makes the spinner run before it.
    #expect(machine.running == initial.thread)
    machine.advance(to: machine.now + 3 * Self.period)
    #expect(machine.findings == [])
    guard machine.isAlive(spinner.thread), machine.state(spinner) != .ended else { return }
    let object = machine.kernel.objects[spinner.thread]
    // Raised, it runs in turns with init.
    #expect(event == .raised || !object.isThrottled && object.priority == object.ownPriority)
    let expected = event == .lowered ? 3 : event == .raised ? TestMachine.priority : 60
    #expect(object.ownPriority == expected)
  }
}
