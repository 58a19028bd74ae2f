/// (F) The heap behind Swift's own allocations.
///
/// Memory comes in arenas, aligned to their byte count, so that an address leads to its
/// arena by masking. An arena's first page is its header; each further page is free, a slab
/// of equal blocks, or part of a run of pages. What is larger than an arena gets one for
/// itself. Free pages of an arena need no joining: they are neighbours in its page map. An
/// arena without used pages goes back to its source, except the last one.
@safe struct Heap {
  static var arenaByteCount: UInt64 { 128 << 10 }
  static var pageByteCount: UInt { 4096 }
  private static var pagesPerArena: Int { 32 }
  private static var magic: UInt64 { 0x616e_6572_6170_6165 }

  enum Page {
    static var free: UInt8 { 0 }
    static var slab: UInt8 { 1 }
    static var runStart: UInt8 { 2 }
    static var runRest: UInt8 { 3 }
  }

  struct Arena {
    var magic: UInt64
    var next: UInt
    var previous: UInt
    var byteCount: UInt64
    var token: UInt64
    var usedPages: Int
    var pages: [32 of UInt8]
  }

  /// Heads each slab page: 48 bytes.
  struct Slab {
    var next: UInt
    var previous: UInt
    var firstFree: UInt
    var usedBlocks: Int
    var sizeClass: Int
    var reserved: UInt
  }

  private var firstArena: UInt = 0
  private var arenaCount = 0
  /// Slabs with free blocks, by size class.
  private var slabs: [14 of UInt] = .init(repeating: 0)

  /// Bytes in a block, by class; all multiples of 16.
  private static func blockByteCount(_ sizeClass: Int) -> Int {
    switch sizeClass {
    case 0...3: 16 * (sizeClass + 1)
    case 4: 96
    case 5: 128
    case 6: 192
    case 7: 256
    case 8: 384
    case 9: 512
    case 10: 672
    case 11: 1008
    case 12: 1344
    default: 2016
    }
  }

  // SAFETY for this whole fence: addresses are of arenas that the source handed out as
  // readable and writable and that were not given back, at offsets inside them. Only
  // `free`'s argument comes from outside; its arena's magic number is checked.
  private func arena(_ address: UInt) -> UnsafeMutablePointer<Arena> {
    unsafe UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }
  private func slab(_ address: UInt) -> UnsafeMutablePointer<Slab> {
    unsafe UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }
  private func link(_ address: UInt) -> UnsafeMutablePointer<UInt> {
    unsafe UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
  }

  /// - Returns: 0 if there is no memory, or for an alignment above a page.
  mutating func allocate<S: PageSource>(
    byteCount: Int, alignment: Int, from source: inout S
  ) -> UInt {
    guard byteCount >= 0, alignment <= Int(Self.pageByteCount) else { return 0 }
    if alignment <= 16 {
      for sizeClass in 0..<14 where byteCount <= Self.blockByteCount(sizeClass) {
        return allocateBlock(sizeClass, from: &source)
      }
    }
    guard byteCount <= 1 << 40 else { return 0 }
    let pages = max(1, (byteCount + Int(Self.pageByteCount) - 1) / Int(Self.pageByteCount))
    return pages < Self.pagesPerArena
      ? allocateRun(pages, as: Page.runStart, from: &source) : allocateLarge(pages, from: &source)
  }

  /// - Precondition: `address` came from `allocate` and was not freed; anything else that
  ///   can be told stops the program.
  mutating func free<S: PageSource>(_ address: UInt, to source: inout S) {
    let base = address & ~(UInt(Self.arenaByteCount) - 1)
    unsafe precondition(arena(base).pointee.magic == Self.magic)
    if unsafe arena(base).pointee.byteCount > Self.arenaByteCount {
      return release(base, to: &source)
    }
    let page = Int((address - base) / Self.pageByteCount)
    switch unsafe arena(base).pointee.pages[page] {
    case Page.slab: freeBlock(address, in: base, page: page, to: &source)
    case Page.runStart: freeRun(in: base, page: page, to: &source)
    default: preconditionFailure("free of an address that was not allocated")
    }
  }
}

extension Heap {
  private mutating func allocateBlock<S: PageSource>(
    _ sizeClass: Int, from source: inout S
  ) -> UInt {
    if slabs[sizeClass] == 0 {
      let page = allocateRun(1, as: Page.slab, from: &source)
      guard page != 0 else { return 0 }
      makeSlab(page, sizeClass)
    }
    let page = slabs[sizeClass]
    let block = unsafe slab(page).pointee.firstFree
    unsafe slab(page).pointee.firstFree = link(block).pointee
    unsafe slab(page).pointee.usedBlocks += 1
    if unsafe slab(page).pointee.firstFree == 0 { unlink(page, sizeClass) }
    return block
  }

  private mutating func makeSlab(_ page: UInt, _ sizeClass: Int) {
    let byteCount = UInt(Self.blockByteCount(sizeClass))
    let start = UInt(MemoryLayout<Slab>.size)
    var firstFree: UInt = 0
    var offset = start + (Self.pageByteCount - start) / byteCount * byteCount
    while offset > start {
      offset -= byteCount
      unsafe link(page + offset).pointee = firstFree
      firstFree = page + offset
    }
    unsafe slab(page).pointee = Slab(
      next: 0, previous: 0, firstFree: firstFree, usedBlocks: 0, sizeClass: sizeClass,
      reserved: 0)
    pushSlab(page, sizeClass)
  }

  private mutating func freeBlock<S: PageSource>(
    _ address: UInt, in base: UInt, page index: Int, to source: inout S
  ) {
    let page = base + UInt(index) * Self.pageByteCount
    let sizeClass = unsafe slab(page).pointee.sizeClass
    let wasFull = unsafe slab(page).pointee.firstFree == 0
    unsafe link(address).pointee = slab(page).pointee.firstFree
    unsafe slab(page).pointee.firstFree = address
    unsafe slab(page).pointee.usedBlocks -= 1
    if wasFull { pushSlab(page, sizeClass) }
    if unsafe slab(page).pointee.usedBlocks == 0 {
      unlink(page, sizeClass)
      freeRun(in: base, page: index, to: &source)
    }
  }

  private mutating func pushSlab(_ page: UInt, _ sizeClass: Int) {
    let next = slabs[sizeClass]
    unsafe slab(page).pointee.next = next
    unsafe slab(page).pointee.previous = 0
    if next != 0 { unsafe slab(next).pointee.previous = page }
    slabs[sizeClass] = page
  }

  private mutating func unlink(_ page: UInt, _ sizeClass: Int) {
    let (next, previous) = unsafe (slab(page).pointee.next, slab(page).pointee.previous)
    if next != 0 { unsafe slab(next).pointee.previous = previous }
    if previous != 0 {
      unsafe slab(previous).pointee.next = next
    } else {
      slabs[sizeClass] = next
    }
  }
}

extension Heap {
  /// The first free run of `count` pages, in the first arena that has one.
  private mutating func allocateRun<S: PageSource>(
    _ count: Int, as kind: UInt8, from source: inout S
  ) -> UInt {
    var base = firstArena
    while base != 0 {
      if let page = findRun(count, in: base) { return take(page, count, as: kind, in: base) }
      base = unsafe arena(base).pointee.next
    }
    base = obtain(Self.arenaByteCount, from: &source)
    return base == 0 ? 0 : take(1, count, as: kind, in: base)
  }

  private func findRun(_ count: Int, in base: UInt) -> Int? {
    guard unsafe arena(base).pointee.byteCount == Self.arenaByteCount else { return nil }
    var length = 0
    for page in 1..<Self.pagesPerArena {
      length = unsafe arena(base).pointee.pages[page] == Page.free ? length + 1 : 0
      if length == count { return page - count + 1 }
    }
    return nil
  }

  private mutating func take(_ page: Int, _ count: Int, as kind: UInt8, in base: UInt) -> UInt {
    for index in page..<(page + count) {
      unsafe arena(base).pointee.pages[index] = index == page ? kind : Page.runRest
    }
    unsafe arena(base).pointee.usedPages += count
    return base + UInt(page) * Self.pageByteCount
  }

  private mutating func freeRun<S: PageSource>(
    in base: UInt, page: Int, to source: inout S
  ) {
    var index = page
    repeat {
      unsafe arena(base).pointee.pages[index] = Page.free
      unsafe arena(base).pointee.usedPages -= 1
      index += 1
    } while unsafe index < Self.pagesPerArena && arena(base).pointee.pages[index] == Page.runRest
    if unsafe arena(base).pointee.usedPages == 0, arenaCount > 1 { release(base, to: &source) }
  }

  private mutating func allocateLarge<S: PageSource>(_ count: Int, from source: inout S) -> UInt {
    let base = obtain(UInt64(count + 1) * UInt64(Self.pageByteCount), from: &source)
    return base == 0 ? 0 : base + Self.pageByteCount
  }

  private mutating func obtain<S: PageSource>(_ byteCount: UInt64, from source: inout S) -> UInt {
    guard
      let pages = source.obtain(byteCount: byteCount, alignment: Self.arenaByteCount)
    else { return 0 }
    let base = UInt(pages.address)
    unsafe arena(base).initialize(
      to: Arena(
        magic: Self.magic, next: firstArena, previous: 0, byteCount: byteCount,
        token: pages.token, usedPages: 0, pages: .init(repeating: Page.free)))
    if firstArena != 0 { unsafe arena(firstArena).pointee.previous = base }
    firstArena = base
    if byteCount == Self.arenaByteCount { arenaCount += 1 }
    return base
  }

  private mutating func release<S: PageSource>(_ base: UInt, to source: inout S) {
    let old = unsafe arena(base).pointee
    if old.next != 0 { unsafe arena(old.next).pointee.previous = old.previous }
    if old.previous != 0 {
      unsafe arena(old.previous).pointee.next = old.next
    } else {
      firstArena = old.next
    }
    if old.byteCount == Self.arenaByteCount { arenaCount -= 1 }
    source.giveBack(UInt64(base), byteCount: old.byteCount, token: old.token)
  }
}
