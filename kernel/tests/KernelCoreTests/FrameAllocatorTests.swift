import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Frames in ranges, against a plain set of those that are free.
@Suite struct FrameAllocatorTests {
  /// An allocator over two ranges of a simulated machine's RAM, with a hole between them.
  private struct Rig: ~Copyable {
    let platform: SimulatedPlatform
    var frames: FrameAllocator
    var free: Set<FrameNumber> = []
    let low: Range<FrameNumber>
    let high: Range<FrameNumber>

    /// - Parameter hole: Whether frames of no range lie between the two.
    init(hole: Bool = true) {
      var configuration = SimulatedPlatform.Configuration()
      configuration.frameCount = 1024
      platform = SimulatedPlatform(configuration)
      let base = platform.ramRange.lowerBound >> 12
      // SAFETY: the simulated machine's window shows its RAM for as long as it lives.
      frames = FrameAllocator(
        window: unsafe PhysicalWindow(windowBase: platform.physicalWindowBase))
      low = base + 2..<base + (hole ? 403 : 517)
      high = base + 517..<base + 1024
      frames.addRange(first: low.lowerBound, end: low.upperBound, table: base << 12)
      frames.addRange(first: high.lowerBound, end: high.upperBound, table: (base + 1) << 12)
      for range in [low, high] {
        frames.add(first: range.lowerBound, count: UInt64(range.count))
        free.formUnion(range)
      }
    }

    mutating func take(_ run: FrameNumber?, count: UInt64 = 1) -> Bool {
      guard let run else { return false }
      for frame in run..<run + count {
        guard free.remove(frame) != nil else { return false }
      }
      return frames.freeCount == UInt64(free.count)
    }

    mutating func giveBack(_ run: FrameNumber, count: UInt64 = 1) {
      frames.free(run, count: count)
      free.formUnion(run..<run + count)
    }

    /// Where the first run of free frames of this shape is, by looking at each frame.
    func firstRun(of count: UInt64, below limit: FrameNumber, alignment: UInt64) -> FrameNumber? {
      for range in [high, low] {
        var start = (range.lowerBound + alignment - 1) / alignment * alignment
        while start + count <= min(range.upperBound, limit) {
          if (start..<start + count).allSatisfy(free.contains) { return start }
          start += alignment
        }
      }
      return nil
    }

    /// Looks for a run to the end, a few steps at a time.
    mutating func search(
      _ search: inout FrameSearch, between: (inout Rig) -> Void = { _ in }
    ) -> FrameNumber? {
      while true {
        var steps = 3
        switch frames.advance(&search, steps: &steps) {
        case .found(let run): return run
        case .none: return nil
        case .unfinished: between(&self)
        }
      }
    }
  }

  @Test func theHighestRangeIsUsedFirst() {
    var rig = Rig()
    let first = rig.frames.allocate()
    let isHigh = first.map(rig.high.contains)
    #expect(isHigh == true)
    var isSound = rig.take(first)
    while let frame = rig.frames.allocate() { isSound = rig.take(frame) && isSound }
    #expect(isSound)
    let left = rig.free.count
    #expect(left == 0)
  }

  @Test func aRangeBeyondTheLimitIsLeftOut() {
    var rig = Rig()
    let limit = rig.low.upperBound
    var isSound = true
    while let frame = rig.frames.allocate(count: 1, below: limit) {
      isSound = rig.low.contains(frame) && rig.take(frame) && isSound
    }
    #expect(isSound)
    let isRestHigh = rig.free == Set(rig.high)
    #expect(isRestHigh)
  }

  @Test func objectsLieWithinReachOfTheLowestFrame() {
    var rig = Rig()
    let (origin, lowest) = (rig.frames.objectOrigin, rig.low.lowerBound)
    #expect(origin == lowest - 1)
    let isTaken = rig.take(rig.frames.allocateForObjects())
    #expect(isTaken)
  }

  /// 40,000 operations of all kinds; whatever a search is asked for, it finds it exactly if it is
  /// there.
  @Test(arguments: 1...6)
  func whatIsThereIsFound(stream: UInt64) {
    let seed: UInt64 = 20_261_122 * stream
    var random = RandomSource(seed: seed)
    var rig = Rig(hole: stream % 2 == 0)
    var taken: [(run: FrameNumber, count: UInt64)] = []
    for step in 0..<40_000 / 6 {
      let isFull = rig.free.count < 100
      switch random.below(isFull ? 4 : 10) {
      case 0...3 where !taken.isEmpty:
        let (run, count) = taken.remove(at: Int(random.below(taken.count)))
        // In two parts, as runs need not come back as they went.
        let part = UInt64(random.below(Int(count) + 1))
        rig.giveBack(run + part, count: count - part)
        rig.giveBack(run, count: part)
      case 4, 5:
        let count = UInt64(1 + random.below(40))
        guard let run = rig.frames.allocate(count: count) else { continue }
        guard rig.take(run, count: count) else {
          Issue.record("seed \(seed), step \(step): a run that was not free")
          return
        }
        taken.append((run, count))
      default:
        let count = UInt64(1 + random.below(random.chance(20) ? 150 : 12))
        let alignment = UInt64(1) << UInt64(random.below(6))
        let limit =
          random.chance(50)
          ? FrameNumber.max : rig.low.lowerBound + UInt64(random.below(1_100))
        let expected = rig.firstRun(of: count, below: limit, alignment: alignment)
        var search = FrameSearch(count: count, below: limit, alignment: alignment)
        let found = rig.search(&search)
        guard found == expected else {
          Issue.record("seed \(seed), step \(step): \(found ?? 0) and not \(expected ?? 0)")
          return
        }
        guard let found else { continue }
        guard rig.take(found, count: count) else {
          Issue.record("seed \(seed), step \(step): a run that was not free")
          return
        }
        taken.append((found, count))
      }
    }
    for (run, count) in taken { rig.giveBack(run, count: count) }
    let (freeCount, all) = (rig.frames.freeCount, UInt64(rig.low.count + rig.high.count))
    #expect(freeCount == all)
    // All joined again: the largest block of each range is there.
    let block = rig.frames.allocate(count: 256)
    #expect(block != nil)
  }

  /// A run that is free from beginning to end of the search is found, whatever others take and give
  /// back meanwhile.
  @Test(arguments: 1...200)
  func aRunThatStaysFreeIsFound(stream: UInt64) {
    let seed: UInt64 = 7_000_003 * stream
    var random = RandomSource(seed: seed)
    var rig = Rig(hole: stream % 2 == 0)
    let count = UInt64(2 + random.below(30))
    let alignment = UInt64(1) << UInt64(random.below(4))
    let range = random.chance(50) ? rig.low : rig.high
    let start =
      (range.lowerBound + UInt64(random.below(range.count - 64)) + alignment - 1)
      / alignment * alignment
    let kept = start..<start + count
    // Everything is taken, then what is kept is given back, and some of the rest.
    var taken: [FrameNumber] = []
    while let frame = rig.frames.allocate() { taken.append(frame) }
    for frame in taken where kept.contains(frame) { rig.frames.free(frame, count: 1) }
    taken.removeAll(where: kept.contains)
    taken.shuffle(using: &random)
    for _ in 0..<150 { rig.frames.free(taken.removeLast(), count: 1) }
    var search = FrameSearch(count: count, below: .max, alignment: alignment)

    var owned = taken
    let found = rig.search(&search) { rig in
      for _ in 0..<random.below(12) {
        if random.chance(50), !taken.isEmpty {
          rig.frames.free(taken.remove(at: Int(random.below(taken.count))), count: 1)
        } else if let frame = rig.frames.allocate() {
          if kept.contains(frame) {
            rig.frames.free(frame, count: 1)
          } else {
            taken.append(frame)
          }
        }
      }
      owned = taken
    }

    guard let found else {
      Issue.record("seed \(seed): the run at \(kept) was not found")
      return
    }
    #expect(found % alignment == 0)
    #expect(Set(found..<found + count).isDisjoint(with: owned), "seed \(seed)")
  }
}
