import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Memory that a call lends, and the server's way to it.
@Suite struct LeaseTests {
  typealias Loan = TestMachine.Loan

  /// A client and a server in processes of their own, with as many pages each, filled with
  /// different bytes.
  final class Rig {
    static let clientPlace: UInt64 = 0x80_0000
    static let serverPlace: UInt64 = 0x1234_5000
    let machine: TestMachine
    let client: Actor
    let server: Actor
    /// Another thread of the server's process.
    let helper: Actor
    let pages: UInt64
    /// init's.
    let endpoint: Handle
    let calling: Handle
    let serving: Handle
    let clientMemory: Handle
    let serverMemory: Handle
    /// init's.
    let lent: Handle
    /// Physical addresses: they stay init's, whatever ends.
    private(set) var clientFrames: UInt64 = 0
    private(set) var serverFrames: UInt64 = 0

    init(pages: UInt64 = 3) {
      let machine = TestMachine(frames: 2048)
      self.machine = machine
      self.pages = pages
      client = machine.spawn()
      server = machine.spawn()
      helper = machine.addThread(to: server)
      endpoint = machine.makeEndpoint()
      calling = machine.give(endpoint, to: client)
      serving = machine.give(endpoint, to: server)
      lent = machine.makeMemory(pages: pages)
      clientMemory = machine.give(lent, to: client)
      let serverPages = machine.makeMemory(pages: pages)
      serverMemory = machine.give(serverPages, to: server)
      machine.map(client, clientMemory, at: Self.clientPlace, byteCount: byteCount)
      machine.map(server, serverMemory, at: Self.serverPlace, byteCount: byteCount)
      clientFrames = base(lent, machine.initial)
      serverFrames = base(serverPages, machine.initial)
      refill()
    }

    var byteCount: UInt64 { pages * 4096 }
    /// All that the client has, from a place that is not aligned to one that is not.
    var loan: Loan { Loan(base: Self.clientPlace + 100, byteCount: byteCount - 203) }

    /// Physical address of a memory object's only run.
    func base(_ memory: Handle, _ actor: Actor) -> UInt64 {
      let object = machine.object(of: memory, in: actor).narrowed(to: MemoryObject.self)
      return machine.kernel.objects[object].frames.base
    }

    /// Fills both memories with bytes that say whose they are and where.
    func refill() {
      for (base, seed) in [(clientFrames, 1), (serverFrames, 5)] {
        for word in 0..<byteCount / 8 {
          machine.kernel.window.store(
            (word &* 8 + UInt64(seed)) &* 0x9e37_79b9_7f4a_7c15, at: base + word * 8)
        }
      }
    }

    func bytes(at base: UInt64) -> [UInt8] {
      let address = UInt(machine.kernel.platform.physicalWindowBase &+ base)
      // SAFETY: the frames are the test's own, in the simulated machine's RAM.
      let start = unsafe UnsafeRawPointer(bitPattern: address)
      return unsafe Array(UnsafeRawBufferPointer(start: start, count: Int(byteCount)))
    }

    var clientBytes: [UInt8] { bytes(at: clientFrames) }
    var serverBytes: [UInt8] { bytes(at: serverFrames) }

    /// The client calls and lends, and the server receives: the right to answer.
    func lend(_ loans: [Loan], deadline: UInt64 = Deadline.never) -> Handle {
      machine.request(client, calling, [7, 8], lending: loans, deadline: deadline)
      let outcome = machine.receive(server, serving)
      #expect(outcome.status == .ok)
      return outcome.result.reply
    }
  }

  // MARK: LSE-001

  /// What the server is told: how much is lent and how, not where.
  @Test(arguments: [true, false], [LeaseAccess.read, .write, .readWrite])
  func `LSE_001 serverLearnsWhatIsLent`(serverWaits: Bool, second: LeaseAccess) {
    let rig = Rig()
    let machine = rig.machine
    if serverWaits { machine.receive(rig.server, rig.serving) }
    let loans = [rig.loan, Loan(base: Rig.clientPlace, byteCount: 5, access: second)]
    machine.request(rig.client, rig.calling, [7, 8, 9, 10], lending: loans)
    if !serverWaits { machine.receive(rig.server, rig.serving) }

    let outcome = machine.outcome(rig.server)
    #expect(outcome.message == [7, 8, 9, 10])
    #expect(outcome.result.leases == Leases(.readWrite, second))
    #expect(outcome.words[4...5] == [rig.loan.byteCount, 5])
    #expect(!outcome.words.contains { $0 >> 12 == Rig.clientPlace >> 12 })
    #expect(machine.reply(rig.server, outcome.result.reply, Array(1...8)).status == .ok)
    #expect(machine.outcome(rig.client).message == Array(1...8))
    // The next call lends nothing.
    machine.request(rig.client, rig.calling, [1])
    let next = machine.receive(rig.server, rig.serving)
    #expect(next.result.leases == .none)
    #expect(
      machine.access(
        rig.server, next.result.reply, .read, at: Rig.serverPlace, byteCount: 0)
        == .failure(.badArgument, 1))
    #expect(machine.findings == [])
  }

  @Test(arguments: [LeaseAccess.read, .write], [0, 3, 4095] as [UInt64])
  func `LSE_001 bytesAreExact`(direction: LeaseAccess, start: UInt64) {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.lend([rig.loan])
    let size = rig.loan.byteCount
    let edges: [UInt64] = [0, 1, 7, 8, 3995, 3996, 3997, 4096, 8092, 8193]
    for offset in edges + [size - 1, size, size + 1, .max, .max - 4096] {
      for count in edges + [size - 1, size, size + 1, .max, .max - 4096] {
        rig.refill()
        var (clientBytes, serverBytes) = (rig.clientBytes, rig.serverBytes)
        // The server's own range must be there too.
        let isInside = offset <= size && count <= size - offset
        guard !isInside || count <= rig.byteCount - start else { continue }

        let outcome = machine.access(
          rig.server, right, direction, at: Rig.serverPlace + start, offset: offset,
          byteCount: count)

        if isInside {
          #expect(outcome == .success(count), "\(offset) \(count)")
          for index in 0..<Int(count) {
            let (theirs, own) = (100 + Int(offset) + index, Int(start) + index)
            if direction == .read {
              serverBytes[own] = clientBytes[theirs]
            } else {
              clientBytes[theirs] = serverBytes[own]
            }
          }
        } else {
          #expect(outcome == .failure(.badArgument, offset > size ? 3 : 4), "\(offset) \(count)")
        }
        #expect(rig.clientBytes == clientBytes, "\(offset) \(count)")
        #expect(rig.serverBytes == serverBytes, "\(offset) \(count)")
      }
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: [0, 1] as [UInt64], [LeaseAccess.none, .read, .write, .readWrite])
  func `LSE_001 onlyWhatIsLentAndAsItIs`(lease: UInt64, access: LeaseAccess) {
    let rig = Rig()
    let machine = rig.machine
    let loan = Loan(base: Rig.clientPlace, byteCount: 4096, access: access)
    let nothing = Loan(base: 1, byteCount: .max, access: .none)
    let right = rig.lend(lease == 0 ? [loan] : [nothing, loan])
    for direction in [LeaseAccess.read, .write] {
      let before = (rig.clientBytes, rig.serverBytes)
      let outcome = machine.access(
        rig.server, right, lease: lease, direction, at: Rig.serverPlace, byteCount: 8)
      if access.includes(direction), access != .none {
        #expect(outcome == .success(8))
      } else {
        #expect(outcome == (access == .none ? .failure(.badArgument, 1) : .failure(.noRight)))
        #expect((rig.clientBytes, rig.serverBytes) == before)
      }
      for other in [1 - lease, 2, 3, .max] {
        #expect(
          machine.access(
            rig.server, right, lease: other, direction, at: Rig.serverPlace, byteCount: 8)
            == .failure(.badArgument, 1))
      }
    }
    for direction in [2, 3, .max] as [UInt64] where access != .none {
      #expect(
        machine.call(
          rig.server, .access, UInt64(right.rawValue), lease, Rig.serverPlace, [0, 8, direction]
        ).ended == .failure(.badArgument, 5))
    }
    #expect(machine.findings == [])
  }

  // MARK: LSE-002

  enum Hole: CaseIterable { case unmapped, readOnly, device }

  /// A page in the middle that cannot be reached so.
  @Test(arguments: Hole.allCases, [LeaseAccess.read, .write])
  func `LSE_002 holeInWhatIsLent`(hole: Hole, direction: LeaseAccess) {
    let rig = Rig()
    let machine = rig.machine
    machine.unmap(rig.client, at: Rig.clientPlace, byteCount: rig.byteCount)
    for page in [0, 2] as [UInt64] {
      machine.map(
        rig.client, rig.clientMemory, at: Rig.clientPlace + page * 4096, offset: page * 4096)
    }
    rig.punch(hole, at: Rig.clientPlace + 4096, of: rig.client, rig.clientMemory)
    let right = rig.lend([rig.loan])
    var (clientBytes, serverBytes) = (rig.clientBytes, rig.serverBytes)

    let outcome = machine.access(
      rig.server, right, direction, at: Rig.serverPlace + 1, offset: 10, byteCount: 8000)

    let isReached = hole == .readOnly && direction == .read
    let count = isReached ? 8000 : 4096 - 110
    #expect(outcome == (isReached ? .success(8000) : .failure(.badPointer, UInt64(count) + 10)))
    for index in 0..<count {
      if direction == .read {
        serverBytes[1 + index] = clientBytes[110 + index]
      } else {
        clientBytes[110 + index] = serverBytes[1 + index]
      }
    }
    #expect(rig.clientBytes == clientBytes)
    #expect(rig.serverBytes == serverBytes)
    // Beyond the hole all is well, and the call goes on.
    #expect(
      machine.access(
        rig.server, right, direction, at: Rig.serverPlace, offset: 8192, byteCount: 8)
        == .success(8))
    #expect(machine.reply(rig.server, right, [3]).status == .ok)
    #expect(machine.outcome(rig.client).message == [3])
    #expect(machine.findings == [])
  }

  /// The same in the server's own memory: then the server is told that it is its own.
  @Test(arguments: Hole.allCases, [LeaseAccess.read, .write])
  func `LSE_002 holeInTheServersOwn`(hole: Hole, direction: LeaseAccess) {
    let rig = Rig()
    let machine = rig.machine
    machine.unmap(rig.server, at: Rig.serverPlace, byteCount: rig.byteCount)
    machine.map(rig.server, rig.serverMemory, at: Rig.serverPlace)
    rig.punch(hole, at: Rig.serverPlace + 4096, of: rig.server, rig.serverMemory)
    let right = rig.lend([rig.loan])
    var (clientBytes, serverBytes) = (rig.clientBytes, rig.serverBytes)

    let outcome = machine.access(
      rig.server, right, direction, at: Rig.serverPlace, byteCount: 5000)

    let isReached = hole == .readOnly && direction == .write
    #expect(outcome == (isReached ? .success(5000) : .failure(.badArgument, 2)))
    for index in 0..<(isReached ? 5000 : 4096) {
      if direction == .read {
        serverBytes[index] = clientBytes[100 + index]
      } else {
        clientBytes[100 + index] = serverBytes[index]
      }
    }
    #expect(rig.clientBytes == clientBytes)
    #expect(rig.serverBytes == serverBytes)
    #expect(machine.findings == [])
  }

  @Test func `LSE_002 ownRangeOutsideTheUserHalf`() {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.lend([rig.loan])
    let limit = machine.kernel.format.userAddressLimit
    let bad: [(UInt64, UInt64)] = [
      (limit, 1), (limit - 4, 5), (limit + 1, 0), (.max, 1), (.max - 3, 8), (1 << 63, 4096),
    ]
    let before = (rig.clientBytes, rig.serverBytes)
    for (address, count) in bad {
      for direction in [LeaseAccess.read, .write] {
        #expect(
          machine.access(rig.server, right, direction, at: address, byteCount: count)
            == .failure(.badArgument, 2))
      }
    }
    #expect((rig.clientBytes, rig.serverBytes) == before)
    #expect(machine.findings == [])
  }

  // MARK: LSE-003

  /// Ranges that cannot be: the call fails and nobody hears of it.
  @Test(arguments: [0, 1], [true, false])
  func `LSE_003 impossibleRanges`(index: Int, serverWaits: Bool) {
    let rig = Rig()
    let machine = rig.machine
    if serverWaits { machine.receive(rig.server, rig.serving) }
    let limit = machine.kernel.format.userAddressLimit
    let usage = machine.usage
    for (base, count) in [
      (limit, 1), (limit - 1, 2), (0, limit + 1), (0, .max), (1, .max), (.max, 1), (.max, 0),
      (.max - 4095, 4096), (1 << 63, 1 << 63), (limit + 1, 0),
    ] as [(UInt64, UInt64)] {
      for access in [LeaseAccess.read, .write, .readWrite] {
        let bad = Loan(base: base, byteCount: count, access: access)
        let outcome = machine.request(
          rig.client, rig.calling, [1], lending: index == 0 ? [bad] : [rig.loan, bad],
          .copy(rig.clientMemory))
        #expect(
          outcome.ended == .failure(.badPointer, index == 0 ? 7 : 9), "\(base) \(count)")
      }
    }
    #expect(machine.usage == usage)
    #expect(machine.outcome(rig.server).isBlocked == serverWaits)
    #expect(machine.findings == [])
  }

  /// Empty ranges, and the last that can be: nothing is looked at before it is reached.
  @Test func `LSE_003 possibleRanges`() {
    let limit = TestMachine().kernel.format.userAddressLimit
    for (base, count) in [(0, 0), (limit, 0), (0, limit), (limit - 1, 1)]
      as [(UInt64, UInt64)]
    {
      let rig = Rig()
      let machine = rig.machine
      let right = rig.lend([Loan(base: base, byteCount: count)])
      #expect(
        machine.access(
          rig.server, right, .read, at: Rig.serverPlace, offset: count, byteCount: 0)
          == .success(0))
      #expect(
        machine.access(rig.server, right, .write, at: Rig.serverPlace, byteCount: 1)
          == (count == 0 ? .failure(.badArgument, 4) : .failure(.badPointer, 0)))
      #expect(machine.reply(rig.server, right).status == .ok)
      #expect(machine.findings == [])
    }
  }

  @Test func `LSE_003 callsThatCannotLend`() {
    let rig = Rig()
    let machine = rig.machine
    for count in 5...8 as ClosedRange<UInt64> {
      let word = CallWord(.call, wordCount: count, leases: Leases(.read))
      #expect(
        machine.invoke(
          rig.client, word: word, UInt64(rig.calling.rawValue), Deadline.never, 0,
          words: [0, 0, 0, 0, Rig.clientPlace, 8]
        ).ended == .failure(.badArgument, 11))
    }
    let right = rig.lend([rig.loan])
    for bits in 1..<16 as Range<UInt8> {
      for number in [SyscallNumber.send, .receive, .reply, .replyAndReceive, .query, .access] {
        let word = CallWord(number, leases: Leases(bits: bits), reply: right)
        #expect(
          machine.invoke(rig.server, word: word, UInt64(rig.serving.rawValue)).ended
            == .failure(.badArgument, 11))
      }
    }
    #expect(machine.findings == [])
  }
}

extension LeaseTests.Rig {
  /// Makes a page, on which nothing is mapped, one that cannot be written or reached.
  func punch(_ hole: LeaseTests.Hole, at address: UInt64, of actor: Actor, _ memory: Handle) {
    switch hole {
    case .unmapped: break
    case .readOnly: machine.map(actor, memory, at: address, offset: 4096, rights: .read)
    case .device:
      let made = machine.make(
        .memory,
        [4096, MemoryOptions.device.bits, UInt64(TestMachine.machineHandle.rawValue), 0xfee0_0000])
      let device = machine.give(made, to: actor)
      let mapped = machine.map(actor, device, at: address)
      precondition(mapped.status == .ok, "map device: \(mapped)")
    }
  }
}
