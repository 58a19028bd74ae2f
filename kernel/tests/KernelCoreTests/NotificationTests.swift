import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Notifications: one word that signals OR into and a wait takes.
@Suite struct NotificationTests {
  struct Rig {
    let machine = TestMachine()
    let waiter: Actor
    let notification: Handle
    let waiting: Handle

    init() {
      waiter = machine.spawn()
      notification = machine.makeNotification()
      waiting = machine.give(notification, to: waiter)
    }

    func signal(_ badge: UInt64) -> Outcome {
      let handle = machine.copy(
        machine.initial, notification, slot: 90, rights: .write, badge: badge
      ).handle
      defer { machine.delete(machine.initial, handle) }
      return machine.signal(machine.initial, handle)
    }

    func bind() -> Outcome {
      machine.call(
        machine.initial, .bind, UInt64(notification.rawValue),
        UInt64(waiter.threadHandle.rawValue))
    }
  }

  @Test(arguments: [1, 1 << 63, .max, 0xdead_beef] as [UInt64])
  func `NTF_001 waitTakesTheBadgeOnce`(badge: UInt64) {
    let rig = Rig()

    #expect(rig.signal(badge).status == .ok)
    #expect(rig.machine.wait(rig.waiter, rig.waiting).value == badge)
    #expect(rig.machine.wait(rig.waiter, rig.waiting, deadline: 0).status == .wouldBlock)
    #expect(rig.machine.findings == [])
  }

  @Test func unbadgedSignalIsOne() {
    let rig = Rig()
    rig.machine.signal(rig.machine.initial, rig.notification)

    #expect(rig.machine.wait(rig.waiter, rig.waiting).value == 1)
  }

  @Test func `NTF_002 signalsCombine`() {
    let rig = Rig()
    _ = rig.signal(1)
    _ = rig.signal(4)

    #expect(rig.machine.query(rig.machine.initial, rig.notification)?[0] == 5)
    #expect(rig.machine.wait(rig.waiter, rig.waiting, deadline: 0).value == 5)
    #expect(rig.machine.wait(rig.waiter, rig.waiting, deadline: 0).status == .wouldBlock)
  }

  @Test func `NTF_003 manySignalsAreOneWake`() {
    let rig = Rig()
    for _ in 0..<1_000 { rig.machine.signal(rig.machine.initial, rig.notification) }

    #expect(rig.machine.wait(rig.waiter, rig.waiting).value == 1)
    #expect(rig.machine.wait(rig.waiter, rig.waiting) == .blocked)
    #expect(rig.machine.findings == [])
  }

  @Test func `NTF_004 waiterWakesAtOnce`() {
    let rig = Rig()
    #expect(rig.machine.wait(rig.waiter, rig.waiting) == .blocked)

    _ = rig.signal(64)

    #expect(rig.machine.outcome(rig.waiter).value == 64)
    #expect(rig.machine.outcome(rig.waiter).status == .ok)
    #expect(rig.machine.query(rig.machine.initial, rig.notification)?[0] == 0)
    #expect(rig.machine.findings == [])
  }

  @Test func `NTF_006 signallingNeedsWrite`() {
    let rig = Rig()
    for bits in 0..<UInt16(256) where bits & Rights.write.bits == 0 {
      let weak = rig.machine.copy(
        rig.machine.initial, rig.notification, slot: 80, rights: Rights(bits: bits)
      ).handle
      #expect(rig.machine.signal(rig.machine.initial, weak).status == .noRight)
      rig.machine.delete(rig.machine.initial, weak)
    }
    #expect(rig.machine.query(rig.machine.initial, rig.notification)?[0] == 0)
  }

  /// All orders of two signals, a wait and a poll.
  @Test func `NTF_007 noBitIsLostInAnyOrder`() {
    for order in Self.permutations([0, 1, 2, 3]) {
      let rig = Rig()
      let machine = rig.machine
      let poller = machine.addThread(to: rig.waiter)
      var polled: UInt64 = 0
      for step in order {
        switch step {
        case 0: _ = rig.signal(1)
        case 1: _ = rig.signal(2)
        case 2: machine.wait(rig.waiter, rig.waiting)
        default:
          let outcome = machine.wait(poller, rig.waiting, deadline: 0)
          if outcome.status == .ok { polled = outcome.value }
        }
        #expect(machine.findings == [])
      }
      let waited = machine.outcome(rig.waiter)
      let left = machine.query(machine.initial, rig.notification)?[0] ?? 0
      let seen = (waited.status == .ok ? waited.value : 0) | polled | left
      #expect(seen == 3, "order \(order)")
      #expect(waited != .blocked || left == 0, "order \(order)")
    }
  }

  private static func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in
      permutations(items.filter { $0 != first }).map { [first] + $0 }
    }
  }

  @Test(arguments: [true, false])
  func `NTF_008 NTF_014 boundReceiverGetsTheSignal`(isPending: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let endpoint = machine.give(machine.makeEndpoint(), to: rig.waiter)
    if isPending { _ = rig.signal(32) }
    #expect(rig.bind().status == .ok)
    machine.receive(rig.waiter, endpoint)
    if !isPending { _ = rig.signal(32) }

    let outcome = machine.outcome(rig.waiter)
    #expect(outcome.status == .ok)
    #expect(outcome.result.kind == .notification)
    #expect(outcome.value == 32)
    #expect(outcome.result.wordCount == 0)
    #expect(machine.receive(rig.waiter, endpoint, deadline: 0).status == .wouldBlock)
    #expect(machine.findings == [])
  }

  @Test func bindingWakesAReceiverThatWaits() {
    let rig = Rig()
    let machine = rig.machine
    let endpoint = machine.give(machine.makeEndpoint(), to: rig.waiter)
    machine.receive(rig.waiter, endpoint)
    _ = rig.signal(16)

    #expect(rig.bind().status == .ok)

    #expect(machine.outcome(rig.waiter).value == 16)
    #expect(machine.findings == [])
  }

  @Test func `NTF_009 boundThreadMayWaitForTheNotification`() {
    let rig = Rig()
    _ = rig.bind()
    rig.machine.wait(rig.waiter, rig.waiting)

    _ = rig.signal(2)

    #expect(rig.machine.outcome(rig.waiter).value == 2)
    #expect(rig.machine.findings == [])
  }

  @Test func `NTF_011 messagesAndSignalsAllArrive`() {
    let rig = Rig()
    let machine = rig.machine
    let endpoint = machine.makeEndpoint()
    let receiving = machine.give(endpoint, to: rig.waiter)
    _ = rig.bind()
    var messages: [UInt64] = []
    var bits: UInt64 = 0
    let senders = (0..<10).map { _ in machine.spawn() }
    for (index, sender) in senders.enumerated() {
      machine.send(sender, machine.give(endpoint, to: sender), [UInt64(index)])
      if index % 2 == 0 { _ = rig.signal(1 << UInt64(index)) }
    }
    for index in stride(from: 1, to: 10, by: 2) { _ = rig.signal(1 << UInt64(index)) }

    while true {
      let outcome = machine.receive(rig.waiter, receiving, deadline: 0)
      guard outcome.status == .ok else { break }
      if outcome.result.kind == .notification { bits |= outcome.value }
      messages += outcome.message
    }

    #expect(messages == Array(0..<10))
    #expect(bits == 0x3ff)
    #expect(machine.findings == [])
  }

  @Test(arguments: 0..<4)
  func `NTF_013 endOfEitherSideUnbinds`(way: Int) {
    let rig = Rig()
    let machine = rig.machine
    _ = rig.bind()
    switch way {
    case 0: machine.destroy(machine.initial, rig.notification)
    case 1: machine.destroy(machine.initial, rig.waiter.threadHandle)
    case 2: machine.revoke(machine.initial, rig.notification)
    default:
      #expect(
        machine.call(machine.initial, .bind, UInt64(rig.notification.rawValue), 0).status == .ok)
    }

    #expect(machine.findings == [])
    #expect(rig.signal(1).status == (way == 0 ? .peerGone : .ok))
    #expect(
      machine.call(machine.initial, .bind, UInt64(rig.notification.rawValue), 0).status
        == .badState)
    if way > 1 { #expect(rig.bind().status == .ok) }
    #expect(machine.findings == [])
  }

  @Test func bindingTwiceIsRefused() {
    let rig = Rig()
    let machine = rig.machine
    let other = machine.makeNotification()
    _ = rig.bind()

    #expect(rig.bind().status == .badState)
    #expect(
      machine.call(
        machine.initial, .bind, UInt64(other.rawValue),
        UInt64(rig.waiter.threadHandle.rawValue)
      ).status == .badState)
    #expect(machine.findings == [])
  }

  @Test func destroyedNotificationWakesItsWaiters() {
    let rig = Rig()
    let waiters = [rig.waiter, rig.machine.addThread(to: rig.waiter)]
    for waiter in waiters { rig.machine.wait(waiter, rig.waiting) }

    rig.machine.destroy(rig.machine.initial, rig.notification)

    for waiter in waiters { #expect(rig.machine.outcome(waiter).status == .peerGone) }
    #expect(rig.machine.wait(rig.waiter, rig.waiting).status == .peerGone)
    #expect(rig.machine.findings == [])
  }
}
