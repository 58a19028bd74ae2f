import Libmnos
import TestHarness

/// Memory that a call lends, to a server in the caller's process and in another.
func checkLeases(_ suite: inout TestSuite) {
  suite.fact("LSE_001_bytesAreExact") { (scope) throws(Unexpected) in
    for isOwn in Values([true, false] as [2 of Bool]) {
      let rig = try Rig(&scope, isOwn: isOwn)
      let reply = try rig.lend(Leases(.readWrite), offset: 100, byteCount: 8000)
      for offset in Values([0, 1, 3996, 7999] as [4 of UInt64]) {
        for count in Values([0, 7, 3996, 4097, 8000] as [5 of UInt64])
        where offset + count <= 8000 {
          for isWrite in Values([false, true] as [2 of Bool]) {
            rig.refill()
            let copied = rig.access(reply, isWrite, offset: offset, count, at: 3)
            try expect(try expect(copied).value, equals: count, "bytes copied")
            try rig.expectCopied(isWrite, from: 100 + offset, to: 3, count)
          }
        }
      }
      rig.refill()
      for isWrite in Values([false, true] as [2 of Bool]) {
        try expectBadArgument(rig.access(reply, isWrite, offset: 8001, 0), 3)
        try expectBadArgument(rig.access(reply, isWrite, offset: 1, 8000), 4)
        try expectBadArgument(rig.access(reply, isWrite, offset: 0, .max), 4)
        try expectBadArgument(rig.access(reply, isWrite, lease: 1, offset: 0, 1), 1)
      }
      try rig.expectCopied(false, from: 0, to: 0, 0)
      try expect(KernelCalls.reply(reply))
      try expect(try rig.client.finish())
    }
  }

  suite.fact("LSE_001_theServerLearnsHowMuchIsLent") { (scope) throws(Unexpected) in
    let rig = try Rig(&scope, isOwn: false)
    rig.beginCall(Leases(.write, .read), (rig.clientBase, 5), (rig.clientBase + 8, 4096))

    let request = try expect(KernelCalls.receive(rig.endpoint, deadline: KernelCalls.patience()))

    try expect(request.result.leases == Leases(.write, .read), "what is lent")
    try expect(request.word(4), equals: 5, "bytes of the first lease")
    try expect(request.word(5), equals: 4096, "bytes of the second lease")
    let reply = request.result.reply
    try expect(rig.access(reply, false, offset: 0, 1), .noRight)
    try expect(rig.access(reply, true, lease: 1, offset: 0, 1), .noRight)
    try expect(rig.access(reply, true, offset: 0, 5))
    try expect(rig.access(reply, false, lease: 1, offset: 0, 4096))
    try expect(KernelCalls.reply(reply))
    try expect(try rig.client.finish())
  }

  suite.fact("LSE_002_holesAreTheCallersMistake") { (scope) throws(Unexpected) in
    for isOwn in Values([true, false] as [2 of Bool]) {
      let rig = try Rig(&scope, isOwn: isOwn)
      // The page behind what is mapped is not.
      let reply = try rig.lend(Leases(.readWrite), offset: 8190, byteCount: 8192)
      let outcome = rig.access(reply, false, offset: 2, 5000, at: 1)
      try expect(outcome, .badPointer)
      try expect(outcome.value, equals: 4098, "the first bad offset")
      try rig.expectCopied(false, from: 8192, to: 1, 4096)
      // The same in the server's own.
      rig.refill()
      try expectBadArgument(rig.access(reply, true, offset: 0, 9, at: 3 * 4096 - 4), 2)
      try rig.expectCopied(true, from: 8190, to: 3 * 4096 - 4, 4)
      // What may only be read is not written.
      try expect(
        KernelCalls.protect(rig.clientBase, pages: 3, rights: .read, in: rig.process))
      try expect(rig.access(reply, true, offset: 0, 8), .badPointer)
      try expect(rig.access(reply, false, offset: 0, 8))
      try expect(KernelCalls.reply(reply))
      try expect(try rig.client.finish())
    }
  }

  suite.fact("LSE_003_impossibleRangesAreBadPointers") { (scope) throws(Unexpected) in
    let rig = try Rig(&scope, isOwn: true)
    for address in Values(
      [0xffff_ffff_ffff_f000, 0xffff_ffff_8000_0000, RemoteCode.addressInNoHalf, 1] as [4 of UInt64])
    {
      let byteCount = address == 1 ? UInt64.max : 4096
      for index in 0..<2 as Range<UInt64> {
        if index == 0 {
          rig.beginCall(Leases(.read), (address, byteCount), (0, 0))
        } else {
          rig.beginCall(Leases(.read, .write), (rig.clientBase, 1), (address, byteCount))
        }
        let outcome = try rig.client.finish()
        try expect(outcome, .badPointer)
        try expect(outcome.value, equals: 7 + 2 * index, "the word that is wrong")
      }
    }
    try expect(KernelCalls.receive(rig.endpoint), .wouldBlock)
  }
}

/// When a lease ends, and who has it.
func checkLeaseEnds(_ suite: inout TestSuite) {
  suite.fact("LSE_004_aCallThatEndsIsNotTouchedAfterwards") { (scope) throws(Unexpected) in
    for isOwn in Values([true, false] as [2 of Bool]) {
      let rig = try Rig(&scope, isOwn: isOwn)
      let reply = try rig.lend(Leases(.readWrite), offset: 0, byteCount: 4096)
      try expect(KernelCalls.suspend(rig.client.thread))
      try expect(rig.access(reply, true, offset: 0, 4096))
      try expect(KernelCalls.destroy(rig.client.thread))
      rig.refill()

      try expect(rig.access(reply, true, offset: 0, 4096), .badCapability)
      try expect(rig.access(reply, false, offset: 0, 4096), .badCapability)

      try rig.expectCopied(false, from: 0, to: 0, 0)
    }
  }

  suite.fact("LSE_005_aLeaseEndsWithTheAnswer") { (scope) throws(Unexpected) in
    let rig = try Rig(&scope, isOwn: false)
    for isAnswered in Values([true, false] as [2 of Bool]) {
      let reply = try rig.lend(Leases(.readWrite), offset: 0, byteCount: 4096)
      try expect(isAnswered ? KernelCalls.reply(reply) : KernelCalls.delete(reply))
      try expect(try rig.client.finish(), isAnswered ? .ok : .peerGone)
      rig.refill()

      try expect(rig.access(reply, true, offset: 0, 8), .badCapability)
      try expect(rig.access(reply, false, offset: 0, 8), .badCapability)

      try rig.expectCopied(false, from: 0, to: 0, 0)
    }
  }

  suite.fact("LSE_006_aLeaseFollowsTheRight") { (scope) throws(Unexpected) in
    let rig = try Rig(&scope, isOwn: false)
    let other = try scope.otherProcess()
    let holder = try scope.remote(in: other)
    let place = scope.addresses()
    try expect(KernelCalls.map(try scope.memory(), at: place, in: other))
    let reply = try rig.lend(Leases(.read), offset: 5, byteCount: 64)
    let moved = try expect(KernelCalls.move(reply, to: other)).value

    try expect(rig.access(reply, false, offset: 0, 8), .badCapability)
    try expect(
      try holder.perform(.access, moved, 0, place, [0, 64, 0, 0, 0, 0, 0, 0]))

    holder.begin(.load, address: place)
    _ = try holder.finish()
    try expect(holder.value, equals: rig.clientWord(at: 5), "word that was read")
    holder.begin(
      CallRegisters(CallWord(.reply, reply: Handle(rawValue: UInt32(truncatingIfNeeded: moved)))))
    try expect(try holder.finish())
    try expect(try rig.client.finish())
  }

  suite.fact("LSE_007_theSameBytesTwice") { (scope) throws(Unexpected) in
    let rig = try Rig(&scope, isOwn: true)
    rig.beginCall(
      Leases(.readWrite, .readWrite), (rig.clientBase, 8192), (rig.clientBase + 4096, 8192))
    let reply = try expect(
      KernelCalls.receive(rig.endpoint, deadline: KernelCalls.patience())
    ).result.reply
    try expect(rig.access(reply, true, offset: 4096, 4096))
    try rig.expectCopied(true, from: 4096, to: 0, 4096)
    rig.refill()
    try expect(rig.access(reply, true, lease: 1, offset: 0, 4096))
    try rig.expectCopied(true, from: 4096, to: 0, 4096)
    try expect(KernelCalls.reply(reply))
    try expect(try rig.client.finish())
  }
}

/// A client with three pages of memory and this program, the server, with as many, all filled
/// with bytes that say where they are.
private struct Rig {
  let client: RemoteThread
  let endpoint: Handle
  /// The client's process, or none for this one.
  let process: Handle
  /// Where the client sees its memory.
  let clientBase: UInt64
  private let clientPlace: UInt64
  private let serverPlace: UInt64
  private let clientEndpoint: Handle

  init(_ scope: inout Scope, isOwn: Bool) throws(Unexpected) {
    endpoint = try scope.endpoint()
    let memory = try scope.memory(pages: 3)
    serverPlace = scope.addresses(pages: 3)
    try expect(KernelCalls.map(try scope.memory(pages: 3), at: serverPlace, pages: 3))
    clientPlace = scope.addresses(pages: 3)
    try expect(KernelCalls.map(memory, at: clientPlace, pages: 3))
    if isOwn {
      (process, clientEndpoint, clientBase) = (.none, endpoint, clientPlace)
      client = try scope.remote()
    } else {
      process = try scope.otherProcess()
      clientEndpoint = try expect(KernelCalls.copy(endpoint, to: process)).handle
      clientBase = scope.addresses(pages: 3)
      try expect(KernelCalls.map(memory, at: clientBase, pages: 3, in: process))
      client = try scope.remote(in: process)
    }
    refill()
  }

  func refill() {
    for index in 0..<3 * 512 as Range<UInt64> {
      word(clientPlace, index * 8, Self.clientSeed &* (index + 1))
      word(serverPlace, index * 8, Self.serverSeed &* (index + 1))
    }
  }

  private static var clientSeed: UInt64 { 0x9e37_79b9_7f4a_7c15 }
  private static var serverSeed: UInt64 { 0xc2b2_ae3d_27d4_eb4f }

  private func word(_ base: UInt64, _ offset: UInt64, _ value: UInt64) {
    // SAFETY: three pages were mapped there, for as long as the fact runs.
    let page = unsafe ControlPage(at: base + (offset & ~4095))
    page[Int(offset & 4095)] = value
  }

  private func byte(_ base: UInt64, _ offset: UInt64) -> UInt8 {
    // SAFETY: as above.
    let page = unsafe ControlPage(at: base + (offset & ~4095))
    return UInt8(truncatingIfNeeded: page[Int(offset & 4088)] >> ((offset & 7) * 8))
  }

  private func filled(_ seed: UInt64, _ offset: UInt64) -> UInt8 {
    UInt8(truncatingIfNeeded: (seed &* (offset / 8 + 1)) >> ((offset & 7) * 8))
  }

  /// Eight of the client's bytes as one word.
  func clientWord(at offset: UInt64) -> UInt64 {
    var result: UInt64 = 0
    for index in 0..<8 as Range<UInt64> {
      result |= UInt64(byte(clientPlace, offset + index)) << (index * 8)
    }
    return result
  }

  func beginCall(
    _ leases: Leases, _ first: (base: UInt64, byteCount: UInt64),
    _ second: (base: UInt64, byteCount: UInt64)
  ) {
    client.begin(
      CallRegisters(
        CallWord(.call, leases: leases), clientEndpoint.argument, Deadline.never,
        words: [0, 0, 0, 0, first.base, first.byteCount, second.base, second.byteCount]))
  }

  /// Has the client lend a part of its memory; the right to answer.
  func lend(_ leases: Leases, offset: UInt64, byteCount: UInt64) throws(Unexpected) -> Handle {
    beginCall(leases, (clientBase + offset, byteCount), (0, 0))
    let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    return try expect(request).result.reply
  }

  /// - Parameter place: Where in this program's memory.
  func access(
    _ reply: Handle, _ isWrite: Bool, lease: UInt64 = 0, offset: UInt64, _ count: UInt64,
    at place: UInt64 = 0
  ) -> Outcome {
    KernelCalls.raw(
      .access, reply.argument, lease, serverPlace + place,
      [offset, count, isWrite ? 1 : 0, 0, 0, 0, 0, 0])
  }

  /// Checks every byte on both sides after one copy.
  ///
  /// - Parameters:
  ///   - theirs: Where it began in the client's memory.
  ///   - own: Likewise in this program's.
  func expectCopied(
    _ isWrite: Bool, from theirs: UInt64, to own: UInt64, _ count: UInt64, line: UInt = #line
  ) throws(Unexpected) {
    var wrong: UInt64 = 0
    for offset in 0..<3 * 4096 as Range<UInt64> {
      var (client, server) = (
        filled(Self.clientSeed, offset), filled(Self.serverSeed, offset)
      )
      if isWrite, offset >= theirs, offset - theirs < count {
        client = filled(Self.serverSeed, offset - theirs + own)
      } else if !isWrite, offset >= own, offset - own < count {
        server = filled(Self.clientSeed, offset - own + theirs)
      }
      if byte(clientPlace, offset) != client || byte(serverPlace, offset) != server {
        wrong += 1
      }
    }
    try expect(wrong, equals: 0, "wrong bytes", line: line)
  }
}
