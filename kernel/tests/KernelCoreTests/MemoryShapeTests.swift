import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Memory of many runs, of one, below a limit, aligned: made whenever its frames are there.
@Suite struct MemoryShapeTests {
  private static let place: UInt64 = 0x4000_0000

  /// A machine nearly all of whose frames the test has, so that it can say which are free.
  private struct Rig {
    let machine: TestMachine
    private(set) var taken: Set<FrameNumber> = []
    /// The longest stretch of them.
    let run: Range<FrameNumber>

    init() {
      var configuration = SimulatedPlatform.Configuration()
      configuration.frameCount = 1_500
      machine = TestMachine(configuration)
      // Keeps a slab with room, so that frames are counted exactly.
      _ = machine.makeMemory(pages: 1)
      while let frame = machine.kernel.frames.allocate() {
        machine.kernel.platform.setPhysicalWord(0x5ec2e7, at: frame << 12 + 64)
        taken.insert(frame)
      }
      // 40 for what the calls themselves need, no two together.
      for frame in taken.sorted().prefix(120) where frame % 3 == 0 {
        taken.remove(frame)
        machine.kernel.frames.free(frame, count: 1)
      }
      var longest: Range<FrameNumber> = 0..<0
      var start: FrameNumber = 0
      for frame in taken.sorted() {
        if !taken.contains(frame - 1) { start = frame }
        if frame + 1 - start > longest.count { longest = start..<frame + 1 }
      }
      run = longest
      precondition(run.count > 500, "the frames are not together")
    }

    func memory(_ handle: Handle) -> MemoryObject {
      machine.kernel.objects[
        machine.object(of: handle, in: machine.initial).narrowed(to: MemoryObject.self)]
    }

    func frame(of handle: Handle) -> FrameNumber { memory(handle).frames.base >> 12 }

    mutating func free(_ frame: FrameNumber) {
      guard taken.remove(frame) != nil else { return }
      machine.kernel.frames.free(frame, count: 1)
    }

    mutating func freeEveryOther() {
      for frame in taken.sorted() where frame % 2 == 0 { free(frame) }
    }

    /// Has the test keep a frame that it took.
    mutating func keep(_ frame: FrameNumber) { taken.insert(frame) }

    /// What the auditor finds when the test has given back all frames.
    mutating func findings() -> [String] {
      for frame in taken { free(frame) }
      return machine.findings
    }

    func create(
      pages: UInt64, _ options: MemoryOptions = MemoryOptions(bits: 0), limit: UInt64 = 0,
      alignment: UInt64 = 0
    ) -> Outcome {
      machine.call(
        machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
        UInt64(ObjectType.memory.rawValue), 0xffff,
        [pages * 4096, options.bits, limit, alignment])
    }

    var state: [UInt64] {
      [
        machine.kernel.frames.freeCount, machine.kernel.capabilityCount,
        machine.kernel.objects[machine.rootBudget].memoryUsed,
        machine.kernel.objects[machine.rootBudget].objectsUsed,
      ]
    }
  }

  // MARK: Any frames

  @Test func `MEM_503 looseFramesMakeLargeMemory`() {
    var rig = Rig()
    rig.freeEveryOther()
    let free = rig.machine.kernel.frames.freeCount
    let before = rig.state
    // Tables of 512 entries, and one above them; a mapping and page tables come later.
    let pages = free - 2 - 12

    let made = rig.create(pages: pages)

    #expect(made.status == .ok)
    let memory = rig.memory(made.handle)
    #expect(memory.frames.levelCount == 2)
    #expect(
      rig.machine.kernel.frames.freeCount
        == free - pages - memory.frames.tableCount(for: memory.pageCount))
    rig.machine.delete(rig.machine.initial, made.handle)
    #expect(rig.state == before)
    #expect(rig.findings() == [])
  }

  /// One more than there is fails, and nothing has changed; exactly what there is succeeds.
  @Test func `MEM_503 allFramesButNotOneMore`() {
    var rig = Rig()
    rig.freeEveryOther()
    let before = rig.state
    let free = rig.machine.kernel.frames.freeCount
    let most = free - FrameMap(treeOf: UInt32(free)).tableCount(for: UInt32(free))

    #expect(rig.create(pages: most + 1).status == .noMemory)
    #expect(rig.state == before)
    let made = rig.create(pages: most)
    #expect(made.status == .ok)
    #expect(rig.machine.kernel.frames.freeCount == 0)
    rig.machine.delete(rig.machine.initial, made.handle)
    #expect(rig.state == before)
    #expect(rig.findings() == [])
  }

  @Test func looseMemoryIsClearAndEachPageIsItsOwn() {
    var rig = Rig()
    let initial = rig.machine.initial
    rig.freeEveryOther()
    let made = rig.create(pages: 600)
    #expect(
      rig.machine.map(initial, made.handle, at: Self.place, byteCount: 600 * 4096).status == .ok)
    for page in 0..<600 as Range<UInt64> {
      #expect(rig.machine.peek(initial, Self.place + page * 4096 + 64) == .done(0))
      rig.machine.poke(initial, page + 1, at: Self.place + page * 4096)
    }
    for page in 0..<600 as Range<UInt64> {
      #expect(rig.machine.peek(initial, Self.place + page * 4096) == .done(page + 1))
    }
    #expect(rig.findings() == [])
  }

  /// A mapping of some pages, of a part, and of a part's part shows the right ones.
  @Test func partsAndOffsetsOfLooseMemory() {
    var rig = Rig()
    let machine = rig.machine
    rig.freeEveryOther()
    let made = rig.create(pages: 560).handle
    machine.map(machine.initial, made, at: Self.place, byteCount: 560 * 4096)
    for page in 0..<560 as Range<UInt64> {
      machine.poke(machine.initial, 1_000 + page, at: Self.place + page * 4096)
    }
    func derived(of handle: Handle, from page: UInt64, count: UInt64) -> Handle {
      machine.call(
        machine.initial, .derive, UInt64(handle.rawValue), page * 4096, 0xffff,
        [count * 4096, UInt64(Rights.all.bits)]
      ).handle
    }
    let part = derived(of: made, from: 500, count: 50)
    let inner = derived(of: part, from: 10, count: 20)
    let there = Self.place + 0x100_0000
    let first = machine.call(
      machine.initial, .map, UInt64(inner.rawValue), 0, there,
      [2 * 4096, 3 * 4096, UInt64(Rights.read.bits)])

    #expect(first.status == .ok)
    for page in 0..<3 as Range<UInt64> {
      #expect(machine.peek(machine.initial, there + page * 4096) == .done(1_512 + page))
    }
    // The whole goes; its parts keep it, until they go too.
    machine.delete(machine.initial, part)
    machine.delete(machine.initial, made)
    #expect(machine.peek(machine.initial, there) == .done(1_512))
    machine.delete(machine.initial, inner)
    #expect(machine.peek(machine.initial, there).faultKind == .read)
    #expect(rig.findings() == [])
  }

  // MARK: One run

  /// A run that only several blocks together make, at an odd place.
  @Test func `MEM_503 aRunOfSeveralBlocksIsFound`() {
    var rig = Rig()
    let run = rig.run
    let chosen = run.lowerBound + 37..<run.lowerBound + 37 + 211
    for frame in chosen { rig.free(frame) }
    let before = rig.state

    #expect(rig.create(pages: 212, .contiguous).status == .noMemory)
    #expect(rig.state == before)
    let made = rig.create(pages: 211, .contiguous)
    #expect(made.status == .ok)
    #expect(rig.frame(of: made.handle) == chosen.lowerBound)
    let told = rig.machine.call(rig.machine.initial, .query, UInt64(made.handle.rawValue))
    #expect(told.words[2] == chosen.lowerBound << 12)
    rig.machine.delete(rig.machine.initial, made.handle)
    #expect(rig.state == before)
    #expect(rig.findings() == [])
  }

  /// Each alignment is met where a run allows it, and nowhere else.
  @Test(arguments: [1, 2, 4, 8, 16, 32, 64] as [UInt64])
  func `MEM_503 alignedRunsAreFound`(alignment: UInt64) {
    var rig = Rig()
    let run = rig.run
    let boundary = (run.lowerBound + 130) / 64 * 64
    // One frame before the boundary, and seven behind it.
    for frame in boundary - 1..<boundary + 7 { rig.free(frame) }
    let made = rig.create(pages: 7, .contiguous, alignment: alignment * 4096)
    #expect(made.status == .ok)
    #expect(rig.frame(of: made.handle) % alignment == 0)
    rig.machine.delete(rig.machine.initial, made.handle)
    let whole = rig.create(pages: 8, .contiguous, alignment: alignment * 4096)
    #expect(whole.status == (alignment == 1 ? .ok : .noMemory))
    #expect(rig.findings() == [])
  }

  @Test(arguments: [false, true])
  func `MEM_503 belowALimit`(isContiguous: Bool) {
    var rig = Rig()
    let run = rig.run
    // Not the first of the run, for the one before it may be free.
    let first = run.lowerBound + 1
    for frame in first..<first + 200 { rig.free(frame) }
    let limit = first + 50
    let options = isContiguous ? MemoryOptions.contiguous : MemoryOptions(bits: 0)
    // The machine's other free frames may lie below too.
    var below: UInt64 = 0
    for frame in rig.machine.kernel.frames.objectOrigin + 1..<limit
    where rig.machine.kernel.frames.isFree(frame) {
      below += 1
    }
    #expect(below >= 50)
    if isContiguous { below = 50 }
    let before = rig.state

    #expect(rig.create(pages: below + 1, options, limit: limit << 12).status == .noMemory)
    #expect(rig.state == before)
    // The tables of memory of many runs may lie below the limit too.
    let made = rig.create(pages: isContiguous ? below : below - 1, options, limit: limit << 12)
    #expect(made.status == .ok)
    let taken = Census.frames(of: rig.memory(made.handle), rig.machine.kernel)
    #expect(taken.pages.allSatisfy { $0 < limit })
    #expect(rig.findings() == [])
  }

  // MARK: In the middle

  /// What makes the memory ends in the middle of it: nothing stays behind.
  @Test(arguments: [0, 1, 2, 5, 9])
  func whoMakesItEndsInTheMiddle(batches: Int) {
    var rig = Rig()
    let machine = rig.machine
    rig.freeEveryOther()
    let actor = machine.spawn()
    let budget = machine.give(TestMachine.budgetHandle, to: actor)
    let before = rig.state
    machine.holdingWork {
      machine.call(
        actor, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
        [400 * 4096])
    }
    for _ in 0..<batches { machine.continueWork(of: actor) }
    #expect(machine.isWorking(actor))
    machine.destroy(machine.initial, actor.threadHandle)
    machine.finishEnding()

    #expect(rig.state[0] >= before[0])
    #expect(rig.findings() == [])
  }

  /// The frames go to others while a search for a run goes on, or stay.
  @Test(arguments: [false, true])
  func aRunIsLookedForInBatches(isTaken: Bool) {
    var rig = Rig()
    let machine = rig.machine
    let actor = machine.spawn()
    let budget = machine.give(TestMachine.budgetHandle, to: actor)
    // Two blocks, so that no block is large enough, far from where the search begins.
    let middle = (rig.run.upperBound - 100) / 64 * 64
    for frame in middle - 30..<middle + 30 { rig.free(frame) }
    machine.holdingWork {
      machine.call(
        actor, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
        [60 * 4096, MemoryOptions.contiguous.bits])
    }
    #expect(machine.isWorking(actor))
    if isTaken { while let frame = machine.kernel.frames.allocate() { rig.keep(frame) } }
    machine.finishWork(of: actor)
    #expect(machine.outcome(actor).status == (isTaken ? .noMemory : .ok))
    #expect(rig.findings() == [])
  }

  // MARK: Shapes that cannot be

  @Test func impossibleShapesAreRefused() {
    var rig = Rig()
    let before = rig.state
    let contiguous = MemoryOptions.contiguous
    let shapes = rig
    func refuses(
      _ index: UInt64, pages: UInt64 = 2, _ options: MemoryOptions = MemoryOptions(bits: 0),
      limit: UInt64 = 0, alignment: UInt64 = 0
    ) -> Bool {
      let outcome = shapes.create(pages: pages, options, limit: limit, alignment: alignment)
      return outcome.status == .badArgument && outcome.value == index
    }
    #expect(refuses(3, pages: 0))
    #expect(refuses(3, pages: 1 << 28 + 1))
    for bits in [4, 8, 0x40, 1 << 32, 1 << 63, 3] as [UInt64] {
      #expect(refuses(4, MemoryOptions(bits: bits)))
    }
    for limit in [1, 4096, 8191, 8193, .max] as [UInt64] {
      #expect(refuses(5, limit: limit))
      #expect(refuses(5, contiguous, limit: limit))
    }
    for alignment in [1, 512, 4097, 12288, 1 << 41, 1 << 63, .max] as [UInt64] {
      #expect(refuses(6, contiguous, alignment: alignment))
    }
    // Where the first of many runs lies is of no use to anybody.
    #expect(refuses(6, alignment: 8192))
    #expect(rig.create(pages: 1 << 28, contiguous).status == .noMemory)
    #expect(rig.create(pages: 2, contiguous, alignment: 1 << 40).status == .noMemory)
    #expect(rig.state == before)
    #expect(rig.findings() == [])
  }

  /// What was not asked to be one run does not tell where it is, though it may be one.
  @Test func onlyContiguousMemoryTellsItsAddress() {
    let machine = TestMachine()
    let plain = machine.makeMemory(pages: 4)
    let told = machine.call(machine.initial, .query, UInt64(plain.rawValue))
    #expect(told.words[0] == 4 * 4096)
    #expect(told.words[1] == UInt64(Caching.normal.rawValue))
    #expect(told.words[2] == 0)
  }

  // MARK: Caching

  /// The highest count of pages, in four levels.
  @Test func aTreeHasAsManyTablesAsItsPagesNeed() {
    let largest = FrameMap(treeOf: 1 << 28)
    #expect(largest.levelCount == 4)
    #expect(largest.tablesBeginning(with: 0) == 4)
    #expect(largest.tablesBeginning(with: 512) == 1)
    #expect(largest.tablesBeginning(with: 1 << 27) == 3)
    #expect(largest.tableCount(for: 1 << 28) == 1 << 19 + 1 << 10 + 2 + 1)
    #expect(FrameMap(treeOf: 512).levelCount == 1)
    #expect(FrameMap(treeOf: 513).tableCount(for: 513) == 3)
  }

  @Test(arguments: [Caching.normal, .writeCombining, .device])
  func pagesAreMappedAsTheMemorySays(caching: Caching) {
    let machine = TestMachine()
    for options in [MemoryOptions.device, .contiguous, MemoryOptions(bits: 0)] {
      let isDevice = options.includes(.device)
      let made = machine.call(
        machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
        UInt64(ObjectType.memory.rawValue), 0xffff,
        [
          8192, options.union(.cached(caching)).bits,
          isDevice ? UInt64(TestMachine.machineHandle.rawValue) : 0, isDevice ? 0x4000_0000 : 0,
        ])
      // Through its window the kernel would find nothing there.
      guard !isDevice || caching != .normal else {
        #expect(made.status == .badArgument && made.value == 4)
        continue
      }
      #expect(made.status == .ok)
      #expect(
        machine.map(machine.initial, made.handle, at: Self.place, byteCount: 8192).status == .ok)
      #expect(machine.findings == [])
      let told = machine.call(machine.initial, .query, UInt64(made.handle.rawValue))
      #expect(told.words[1] == UInt64(caching.rawValue))
      // The kernel reaches user memory through its own, cached window: only what is cached too.
      let record = machine.invoke(
        machine.initial, word: CallWord(.send, wordCount: 0, hasTransfers: true, reply: .none),
        UInt64(machine.makeEndpoint().rawValue), Deadline.poll, Self.place)
      #expect((record.status == .badPointer) == (caching != .normal))
      machine.call(machine.initial, .unmap, 0, Self.place, 8192)
    }
  }
}
