import MnosABI
import Testing

@testable import KernelModel

@Suite struct EndsTests {
  var scene = Scene()
  let server: ObjectID
  let client: ObjectID
  let endpoint: ObjectID
  let receiveEnd: UInt64
  let sendEnd: UInt64

  init() {
    endpoint = scene.makeEndpoint()
    server = scene.spawn()
    client = scene.spawn()
    receiveEnd = scene.name(endpoint, .endpoint, in: scene.process(of: server))
    sendEnd = scene.name(endpoint, .endpoint, in: scene.process(of: client), rights: .all)
    // Only the server can receive.
    let sender = scene.world.find(sendEnd, in: scene.process(of: client))!
    scene.world.capabilities[sender]?.rights = Rights.all.subtracting(.read)
  }

  private func handle(_ object: ObjectID) -> UInt64 { scene.handle(of: object, for: scene.main) }

  @Test mutating func destroyedEndpointWakesItsQueue() {
    scene.call(.send, by: client, [sendEnd, .max])

    let woken = scene.call(.destroy, by: server, [receiveEnd])

    #expect(woken[client]?.status == .peerGone)
    #expect(
      scene.errors(.send, by: client, [sendEnd, .max]).contains(Refusal(status: .peerGone)))
  }

  @Test mutating func desertedEndpointWakesSenders() {
    scene.call(.send, by: client, [sendEnd, .max])

    let woken = scene.call(.delete, by: server, [receiveEnd])

    #expect(woken[client]?.status == .peerGone)
  }

  @Test mutating func deletedCapabilityCancelsTheWaitThroughIt() {
    let helper = scene.spawn(in: scene.process(of: server))
    scene.call(.receive, by: server, [receiveEnd, .max])

    let woken = scene.call(.delete, by: helper, [receiveEnd])

    #expect(woken[server]?.status == .cancelled)
  }

  @Test mutating func serverThatEndsLeavesNoCallerWaiting() {
    scene.call(.receive, by: server, [receiveEnd, .max])
    scene.call(.call, by: client, [sendEnd, .max])

    let ended = scene.call(.destroy, by: scene.main, [handle(server)])

    #expect(ended[client]?.status == .peerGone)
    #expect(scene.world.processes[scene.process(of: server)]?.state == .ended)
    #expect(scene.world.processes[scene.process(of: server)]?.exitValue == ExitValue.killed)
  }

  @Test mutating func rightPutAsideOutlivesItsThread() {
    let helper = scene.spawn(in: scene.process(of: server))
    scene.call(.receive, by: server, [receiveEnd, .max])
    let right = scene.call(.call, by: client, [sendEnd, .max])[server]?.reply ?? 0
    scene.call(.receive, by: server, [receiveEnd, .max])

    let ended = scene.call(.destroy, by: scene.main, [handle(server)])
    #expect(ended[client] == nil)

    #expect(scene.call(.reply, by: helper, reply: right)[client]?.status == .ok)
  }

  @Test mutating func deletedRightTellsTheCaller() {
    scene.call(.receive, by: server, [receiveEnd, .max])
    let right = scene.call(.call, by: client, [sendEnd, .max])[server]?.reply ?? 0

    #expect(scene.call(.delete, by: server, [UInt64(right)])[client]?.status == .peerGone)
  }

  @Test mutating func lastThreadEndsTheProcessWithItsValue() {
    scene.call(.exit, by: client, [7 | 3 << 62])

    #expect(scene.world.processes[scene.process(of: client)]?.state == .ended)
    #expect(scene.world.processes[scene.process(of: client)]?.exitValue == 7)
  }

  @Test mutating func supervisorIsToldOfAFaultThatNobodyHandles() {
    let notification = scene.makeNotification()
    let supervisor = scene.name(notification, .notification, in: scene.root, badge: 2)
    let process = scene.process(of: client)
    scene.call(.bind, by: scene.main, [handle(process), supervisor])

    scene.happens(.fault(of: client, Fault(.read, address: 16)))

    #expect(scene.world.processes[process]?.state == .stopped)
    #expect(scene.world.processes[process]?.exitValue == ExitValue.faulted | 1)
    #expect(scene.world.notifications[notification]?.word == 2)
    scene.call(.destroy, by: scene.main, [handle(process)])
    #expect(scene.world.processes[process]?.exitValue == ExitValue.faulted | 1)
  }

  @Test mutating func faultWithoutSupervisorEndsTheProcess() {
    scene.happens(.fault(of: client, Fault(.arithmetic)))

    #expect(scene.world.processes[scene.process(of: client)]?.state == .ended)
    #expect(
      scene.world.processes[scene.process(of: client)]?.exitValue == ExitValue.faulted | 5)
  }

  @Test(arguments: [UInt64(0), 1]) mutating func handlerResumesOrEndsTheThread(answer: UInt64) {
    let inMain = scene.name(endpoint, .endpoint, in: scene.root, badge: 6)
    scene.call(.bind, by: scene.main, [handle(client), inMain])
    scene.call(.receive, by: server, [receiveEnd, .max])

    let report = scene.happens(.fault(of: client, Fault(.write, address: 32, pc: 4)))[server]
    #expect(report?.words == [2, 32, 4, 0, 0] && report?.value == 6)
    scene.call(.reply, by: server, words: [answer], count: 1, reply: report?.reply ?? 0)

    #expect(scene.world.isAlive(client) == (answer == 0))
  }

  @Test mutating func revokedHandlerStopsTheFaultingThread() {
    let inMain = scene.name(endpoint, .endpoint, in: scene.root)
    scene.call(.bind, by: scene.main, [handle(client), inMain])
    scene.happens(.fault(of: client, Fault(.write)))
    #expect(scene.world.endpoints[endpoint]?.senders == [client])

    scene.call(.revoke, by: scene.main, [inMain])

    #expect(scene.world.processes[scene.process(of: client)]?.state == .ended)
  }

  @Test mutating func processThatNobodyNamesEnds() {
    let process = scene.process(of: client)

    scene.call(.delete, by: scene.main, [handle(process)])

    #expect(scene.world.processes[process] == nil)
    #expect(scene.world.threads[client]?.activity == .ended)
  }

  @Test mutating func endOfABudgetEndsWhatItPaysFor() {
    let budget = scene.handle(of: scene.budget, for: scene.main)
    let child =
      scene.call(.create, by: scene.main, [budget, 9, 65_535], words: [0, 10])[scene.main]?.value
      ?? 0
    let made =
      scene.call(.create, by: scene.main, [child, 1, 65_535])[scene.main]?.value ?? 0
    let waiter = scene.spawn(in: scene.root)
    scene.call(.receive, by: waiter, [made, .max])

    let ended = scene.call(.destroy, by: scene.main, [child])

    #expect(ended[waiter]?.status == .peerGone)
    #expect(scene.world.find(made, in: scene.root) == nil)
    #expect(scene.world.find(child, in: scene.root) == nil)
    #expect(scene.world.budgets.count == 1)
  }

  @Test mutating func waiterTakesTheBitsOfEitherEnd() {
    let notification = scene.makeNotification()
    let process = scene.process(of: client)
    let second = scene.spawn(in: process)
    for (thread, badge) in [(client, UInt64(1)), (second, 2)] {
      let end = scene.name(notification, .notification, in: scene.root, badge: badge)
      scene.call(.bind, by: scene.main, [handle(thread), end])
    }
    let word = scene.name(notification, .notification, in: scene.process(of: server))
    scene.call(.wait, by: server, [word, .max])

    let request = Request(
      callWord: UInt64(SyscallNumber.destroy.rawValue), arguments: [handle(process)])
    let steps = outcomes(of: .systemCall(by: scene.main, request), in: scene.world)

    let taken = steps.map { ($0.completions[server]?.value ?? 0) }
    #expect(taken.sorted() == [1, 2])
    #expect(steps.allSatisfy { $0.world.notifications[notification]?.word != 0 })
  }

  @Test mutating func suspendedSenderKeepsItsPlace() {
    scene.call(.send, by: client, [sendEnd, .max], words: [1], count: 1)
    scene.call(.suspend, by: scene.main, [handle(client)])

    let taken = scene.call(.receive, by: server, [receiveEnd, .max])

    #expect(taken[server]?.words == [1] && taken[client]?.status == .ok)
    #expect(!scene.world.mayRun(client))
  }

  @Test mutating func unfinishedStartIsRefused() {
    let errors = scene.errors(.start, by: scene.main, [handle(client), 4096, 8192])

    #expect(errors == [Refusal(status: .badState)])
  }
}
