import Foundation
import Testing

@testable import Libmnos

/// Pages from the host's own heap, counted.
private struct HostPages: PageSource {
  var limit = UInt64.max
  var liveByteCount: UInt64 = 0
  var nextToken: UInt64 = 1
  var tokens: [UInt64: UInt64] = [:]

  mutating func obtain(
    byteCount: UInt64, alignment: UInt64
  ) -> (address: UInt64, token: UInt64)? {
    guard liveByteCount + byteCount <= limit else { return nil }
    // SAFETY: fresh memory of that many bytes, cleared before it is handed out.
    guard let pointer = unsafe aligned_alloc(Int(alignment), Int(byteCount)) else { return nil }
    unsafe memset(pointer, 0, Int(byteCount))
    liveByteCount += byteCount
    let address = UInt64(UInt(bitPattern: pointer))
    tokens[address] = nextToken
    nextToken += 1
    return (address, nextToken - 1)
  }

  mutating func giveBack(_ address: UInt64, byteCount: UInt64, token: UInt64) {
    #expect(tokens.removeValue(forKey: address) == token)
    liveByteCount -= byteCount
    // SAFETY: came from `aligned_alloc` above, once, as the tokens show.
    unsafe free(UnsafeMutableRawPointer(bitPattern: UInt(address)))
  }
}

@Suite struct HeapTests {
  @Test(arguments: [0, 1, 15, 16, 17, 64, 1008, 2016, 2017, 4096, 126_976, 126_977, 1 << 20])
  func blocksAreAlignedAndComeBack(byteCount: Int) {
    var pages = HostPages()
    var heap = Heap()

    let first = heap.allocate(byteCount: byteCount, alignment: 16, from: &pages)
    let second = heap.allocate(byteCount: byteCount, alignment: 16, from: &pages)

    #expect(first != 0 && second != 0 && first % 16 == 0 && second % 16 == 0)
    #expect(max(first, second) - min(first, second) >= UInt(max(byteCount, 1)))
    heap.free(first, to: &pages)
    heap.free(second, to: &pages)
    #expect(pages.liveByteCount <= Heap.arenaByteCount)
  }

  @Test func pageAlignmentIsKeptAndMoreIsRefused() {
    var pages = HostPages()
    var heap = Heap()

    #expect(heap.allocate(byteCount: 24, alignment: 4096, from: &pages) % 4096 == 0)
    #expect(heap.allocate(byteCount: 24, alignment: 64, from: &pages) % 64 == 0)
    #expect(heap.allocate(byteCount: 24, alignment: 8192, from: &pages) == 0)
  }

  @Test func withoutMemoryAllocationFailsAndWhatIsThereStays() {
    var pages = HostPages(limit: Heap.arenaByteCount)
    var heap = Heap()

    let block = heap.allocate(byteCount: 64, alignment: 16, from: &pages)
    #expect(block != 0)
    #expect(heap.allocate(byteCount: 1 << 20, alignment: 16, from: &pages) == 0)
    #expect(heap.allocate(byteCount: Int.max, alignment: 16, from: &pages) == 0)
    var count = 0
    while heap.allocate(byteCount: 2016, alignment: 16, from: &pages) != 0 { count += 1 }
    #expect(count == 60)
    heap.free(block, to: &pages)
    #expect(heap.allocate(byteCount: 64, alignment: 16, from: &pages) != 0)
  }

  @Test func randomUseKeepsEveryBlocksBytes() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = RandomState(seed: seed)
    var pages = HostPages()
    var heap = Heap()
    var live: [(address: UInt, byteCount: Int, mark: UInt8)] = []
    for _ in 0..<20_000 {
      if live.count < 200, Int.random(in: 0..<5, using: &random) < 3 {
        let largest = [40, 600, 5000, 60_000, 300_000].randomElement(using: &random)!
        let byteCount = Int.random(in: 1...largest, using: &random)
        let address = heap.allocate(byteCount: byteCount, alignment: 16, from: &pages)
        let mark = UInt8.random(in: 0...255, using: &random)
        // SAFETY: the heap just gave these bytes.
        unsafe memset(UnsafeMutableRawPointer(bitPattern: address)!, Int32(mark), byteCount)
        live.append((address, byteCount, mark))
      } else if !live.isEmpty {
        let block = live.remove(at: Int.random(in: 0..<live.count, using: &random))
        #expect(holdsItsMark(block.address, block.byteCount, block.mark), "seed \(seed)")
        heap.free(block.address, to: &pages)
      }
    }
    for block in live {
      #expect(holdsItsMark(block.address, block.byteCount, block.mark), "seed \(seed)")
      heap.free(block.address, to: &pages)
    }
    #expect(pages.liveByteCount <= Heap.arenaByteCount, "seed \(seed)")
  }

  private func holdsItsMark(_ address: UInt, _ byteCount: Int, _ mark: UInt8) -> Bool {
    // SAFETY: a live block of that many bytes.
    let bytes = unsafe UnsafeBufferPointer(
      start: UnsafePointer<UInt8>(bitPattern: address), count: byteCount)
    return unsafe bytes.allSatisfy { $0 == mark }
  }
}
