import MnosABI
import Testing

/// Handles and the words of a system call: what goes in comes out, at every boundary.
@Suite struct WordTests {
  static let halves: [UInt16] = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]
  static let handles: [UInt32] = [0, 1, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, .max]

  @Test(arguments: halves, halves)
  func handleKeepsSlotAndGeneration(slot: UInt16, generation: UInt16) {
    let handle = Handle(slot: slot, generation: generation)

    #expect(handle.slot == slot)
    #expect(handle.generation == generation)
    #expect(handle.rawValue == UInt32(slot) + UInt32(generation) << 16)
    #expect(Handle(rawValue: handle.rawValue) == handle)
  }

  @Test func noHandleIsAllZero() {
    #expect(Handle.none.rawValue == 0)
    #expect(Handle.none == Handle(slot: 0, generation: 0))
  }

  @Test(arguments: 0..<UInt8(SyscallNumber.count), [0, 1, 8, 9, 15] as [UInt64])
  func callWordKeepsItsParts(number: UInt8, wordCount: UInt64) throws {
    let call = try #require(SyscallNumber(rawValue: number))
    for reply in Self.handles.map(Handle.init(rawValue:)) {
      for (hasTransfers, bits) in [(false, 0), (true, 0), (false, 9), (true, 15)] {
        let leases = Leases(bits: UInt8(bits))
        let word = CallWord(
          call, wordCount: wordCount, hasTransfers: hasTransfers, leases: leases, reply: reply)

        #expect(word.number == UInt64(number))
        #expect(word.wordCount == wordCount)
        #expect(word.hasTransfers == hasTransfers)
        #expect(word.leases == leases)
        #expect(word.reply == reply)
        #expect(!word.hasUndefinedBits)
      }
    }
  }

  /// Two bits for each range: read, then write.
  @Test func leasesArePinned() {
    #expect(LeaseAccess.read.rawValue == 1 && LeaseAccess.write.rawValue == 2)
    #expect(CallWord(.call, leases: Leases(.read)).rawValue == 2 | 1 << 16)
    #expect(CallWord(.call, leases: Leases(.write)).rawValue == 2 | 2 << 16)
    #expect(CallWord(.call, leases: Leases(.none, .readWrite)).rawValue == 2 | 12 << 16)
    for bits in 0..<16 as Range<UInt8> {
      let leases = Leases(bits: bits)
      #expect(Leases(leases[0], leases[1]) == leases)
      #expect(ResultWord(delivered: .message, wordCount: 8, leases: leases).leases == leases)
    }
    #expect(
      ResultWord(delivered: .fault, wordCount: 0, leases: Leases(.write)).rawValue
        == 2 << 24 | 2 << 26)
  }

  @Test(arguments: 0..<64)
  func everyUndefinedBitOfACallWordIsSeen(bit: Int) {
    let defined = (0..<12).contains(bit) || (15..<20).contains(bit) || bit >= 32

    #expect(CallWord(rawValue: 1 << UInt64(bit)).hasUndefinedBits == !defined)
  }

  @Test(arguments: (0...UInt16.max).compactMap(SyscallStatus.init(rawValue:)))
  func resultWordOfAStatusHasNothingElse(status: SyscallStatus) {
    let word = ResultWord(status)

    #expect(word.status == status)
    #expect(word.rawValue == UInt64(status.rawValue))
    #expect(word.wordCount == 0)
    #expect(word.capabilityCount == 0)
    #expect(word.kind == .message)
    #expect(word.reply == .none)
  }

  @Test(arguments: 0...Limits.messageWords, 0...Limits.messageCapabilities)
  func resultWordKeepsItsParts(wordCount: UInt64, capabilityCount: UInt64) {
    for kind in [DeliveryKind.message, .notification, .fault] {
      for reply in Self.handles.map(Handle.init(rawValue:)) {
        let word = ResultWord(
          delivered: kind, wordCount: wordCount, capabilityCount: capabilityCount,
          reply: reply)

        #expect(word.status == .ok)
        #expect(word.wordCount == wordCount)
        #expect(word.capabilityCount == capabilityCount)
        #expect(word.kind == kind)
        #expect(word.reply == reply)
      }
    }
  }

  @Test func aStatusThatNobodyDefinedReadsAsFailed() {
    #expect(ResultWord(rawValue: 99).status == .failed)
    #expect(ResultWord(rawValue: 99).statusCode == 99)
    #expect(ResultWord(rawValue: 208).status == .failed)
  }

  @Test(arguments: handles, [0, 1, 0xff, 0xffff] as [UInt16])
  func transferKeepsItsParts(handle: UInt32, rights: UInt16) {
    for isMove in [false, true] {
      let transfer = CapabilityTransfer(
        Handle(rawValue: handle), rights: Rights(bits: rights), isMove: isMove)

      #expect(transfer.handle.rawValue == handle)
      #expect(transfer.rights.bits == rights)
      #expect(transfer.isMove == isMove)
      #expect(!transfer.hasUndefinedBits)
    }
  }

  @Test(arguments: 0..<64)
  func everyUndefinedBitOfATransferIsSeen(bit: Int) {
    #expect(CapabilityTransfer(rawValue: 1 << UInt64(bit)).hasUndefinedBits == (bit > 48))
  }

  @Test func transferRecordStartsEmpty() {
    let record = TransferRecord()

    #expect(record.count == 0)
    #expect(record.accepts == 0)
    #expect(record.transfers.0.rawValue == 0)
    #expect(record.transfers.3.rawValue == 0)
  }
}
