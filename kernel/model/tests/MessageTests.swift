import MnosABI
import Testing

@testable import KernelModel

@Suite struct MessageTests {
  var scene = Scene()
  let server: ObjectID
  let client: ObjectID
  let endpoint: ObjectID
  /// The handles by which server and client know the endpoint.
  let receiveEnd: UInt64
  let sendEnd: UInt64

  init() {
    endpoint = scene.makeEndpoint()
    server = scene.spawn()
    client = scene.spawn()
    receiveEnd = scene.name(endpoint, .endpoint, in: scene.process(of: server))
    let rights = Rights.all.subtracting(.read)
    sendEnd = scene.name(
      endpoint, .endpoint, in: scene.process(of: client), rights: rights, badge: 9)
  }

  private mutating func receive(accepting accepts: UInt64 = 0) -> [ObjectID: Completion] {
    scene.call(.receive, by: server, [receiveEnd, .max], record: Record(accepts: accepts))
  }

  @Test mutating func sendersAreServedInOrderWithTheirBadge() {
    let other = scene.spawn()
    let second = scene.name(endpoint, .endpoint, in: scene.process(of: other), badge: 5)
    scene.call(.send, by: client, [sendEnd, .max], words: [11], count: 1)
    scene.call(.send, by: other, [second, .max], words: [12], count: 1)

    let first = receive()
    let then = receive()

    #expect(first[server]?.words == [11] && first[server]?.value == 9)
    #expect(first[client] == Completion())
    #expect(then[server]?.words == [12] && then[server]?.value == 5)
  }

  @Test mutating func pollFindsNobody() {
    #expect(scene.errors(.send, by: client, [sendEnd, 0]) == [Refusal(status: .wouldBlock)])
    #expect(
      scene.errors(.receive, by: server, [receiveEnd, 0]).contains(Refusal(status: .wouldBlock)))
  }

  @Test mutating func callIsAnsweredOnce() {
    _ = receive()
    let right = scene.call(.call, by: client, [sendEnd, .max])[server]?.reply ?? 0

    let answer = scene.call(.reply, by: server, words: [42], count: 1, reply: right)

    #expect(answer[client]?.words == [42])
    #expect(answer[server] == Completion())
    #expect(
      scene.call(.reply, by: server, reply: right)[server]?.status == .badCapability)
  }

  @Test mutating func replyAndReceiveTakesTheNextCaller() {
    let other = scene.spawn()
    let second = scene.name(endpoint, .endpoint, in: scene.process(of: other), badge: 5)
    _ = receive()
    let right = scene.call(.call, by: client, [sendEnd, .max])[server]?.reply ?? 0
    scene.call(.call, by: other, [second, .max])

    let both = scene.call(
      .replyAndReceive, by: server, [receiveEnd, .max], words: [1], count: 1, reply: right)

    #expect(both[client]?.words == [1])
    #expect(both[server]?.value == 5)
    #expect(both[server]?.reply != right)
  }

  @Test mutating func deadlineTakesTheRightFromItsHolder() {
    _ = receive()
    let right = scene.call(.call, by: client, [sendEnd, 1])[server]?.reply ?? 0

    #expect(scene.happens(.deadline(of: client))[client]?.status == .timedOut)

    #expect(scene.world.find(UInt64(right), in: scene.process(of: server)) == nil)
  }

  @Test mutating func polledCallIsDeliveredAndTimesOut() {
    _ = receive()

    let both = scene.call(.call, by: client, [sendEnd, 0], words: [3], count: 1)

    #expect(both[server]?.words == [3])
    #expect(both[client]?.status == .timedOut)
  }

  @Test mutating func capabilitiesAreMovedWithTheirRightsMasked() {
    let gift = scene.makeEndpoint()
    let handle = scene.name(gift, .endpoint, in: scene.process(of: client))
    _ = receive(accepting: TransferRecord.acceptsAny)
    let move = CapabilityTransfer(Handle(rawValue: UInt32(handle)), rights: .write, isMove: true)

    let sent = scene.call(
      .send, by: client, [sendEnd, .max], record: Record(count: 1, transfers: [move.rawValue]))

    #expect(sent[client]?.value == 1)
    let place = UInt64(sent[server]?.handles.first ?? 0)
    let arrived = scene.world.find(place, in: scene.process(of: server))
    #expect(arrived.flatMap { scene.world.capabilities[$0]?.rights } == .write)
    #expect(scene.world.find(handle, in: scene.process(of: client)) == nil)
  }

  @Test mutating func withoutSlotsTheSenderKeepsAll() {
    let gift = scene.makeEndpoint()
    let handle = scene.name(gift, .endpoint, in: scene.process(of: client))
    let move = CapabilityTransfer(Handle(rawValue: UInt32(handle)), rights: .all, isMove: true)
    scene.call(
      .send, by: client, [sendEnd, .max], words: [1], count: 1,
      record: Record(count: 1, transfers: [move.rawValue]))
    #expect(scene.world.find(handle, in: scene.process(of: client)) == nil)

    let taken = receive()

    #expect(taken[server]?.words == [1] && taken[server]?.handles == [])
    #expect(taken[client]?.value == 0)
    #expect(scene.world.find(handle, in: scene.process(of: client)) != nil)
  }

  @Test mutating func messageCannotCarryItsOwnEndpointAway() {
    let move = CapabilityTransfer(Handle(rawValue: UInt32(sendEnd)), rights: .all, isMove: true)

    #expect(
      scene.errors(
        .send, by: client, [sendEnd, .max], record: Record(count: 1, transfers: [move.rawValue])
      ).contains(Refusal(status: .badArgument, value: 2)))
  }

  @Test mutating func revokedAttachmentCancelsTheSend() {
    let gift = scene.makeEndpoint()
    let top = scene.name(gift, .endpoint, in: scene.root)
    let copied = scene.call(
      .copy, by: scene.main,
      [top, scene.handle(of: scene.process(of: client), for: scene.main), 65_535],
      words: [0xff])
    let handle = UInt32(copied[scene.main]?.value ?? 0)
    let move = CapabilityTransfer(Handle(rawValue: handle), rights: .all, isMove: true)
    scene.call(
      .send, by: client, [sendEnd, .max], record: Record(count: 1, transfers: [move.rawValue]))

    let revoked = scene.call(.revoke, by: scene.main, [top])

    #expect(revoked[client]?.status == .cancelled)
    #expect(scene.world.endpoints[endpoint]?.senders == [])
  }

  @Test mutating func boundNotificationComesBeforeMessages() {
    let notification = scene.makeNotification()
    let inMain = scene.name(notification, .notification, in: scene.root, badge: 4)
    let thread = scene.handle(of: server, for: scene.main)
    scene.call(.bind, by: scene.main, [inMain, thread])
    scene.call(.signal, by: scene.main, [inMain])
    scene.call(.send, by: client, [sendEnd, .max])

    let word = receive()

    #expect(word[server] == .word(4))
    #expect(scene.world.endpoints[endpoint]?.senders == [client])
    #expect(scene.world.notifications[notification]?.word == 0)
  }

  @Test mutating func wordsOfWaitersComeFirst() {
    let notification = scene.makeNotification()
    let inMain = scene.name(notification, .notification, in: scene.root, badge: 4)
    let inClient = scene.name(notification, .notification, in: scene.process(of: client))
    scene.call(.bind, by: scene.main, [inMain, scene.handle(of: server, for: scene.main)])
    _ = receive()
    scene.call(.wait, by: client, [inClient, .max])

    let signalled = scene.call(.signal, by: scene.main, [inMain])

    #expect(signalled[client]?.value == 4)
    #expect(signalled[server] == nil)
  }

  @Test mutating func leasesAreToldByTheirLengths() {
    _ = receive()
    let word = CallWord(.call, wordCount: 1, leases: Leases(.read, .write))
    let request = Request(
      callWord: word.rawValue, arguments: [sendEnd, .max], words: [1, 0, 0, 0, 8, 100, 16, 200])

    let delivered = scene.happens(.systemCall(by: client, request))

    #expect(delivered[server]?.words == [1, 100, 200])
  }
}
