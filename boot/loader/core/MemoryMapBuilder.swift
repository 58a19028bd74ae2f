/// Turns ranges in any order, overlapping or not, into a map that keeps the protocol's word.
///
/// The result goes up in address and overlaps nowhere; neighbours of one kind are one range;
/// usable and reclaimable ranges are whole pages; the first page is never usable.
public enum MemoryMapBuilder {
  /// The fewest places that `normalise` needs for `count` ranges.
  public static func placesNeeded(for count: Int) -> Int { 2 * count + 2 }

  /// Writes the map of `ranges[..<count]` to `map` and returns its length.
  ///
  /// Cost: the square of `count`, which is a few hundred at most on a real machine.
  ///
  /// - Parameter edges: Scratch memory.
  /// - Throws: If `map` or `edges` have fewer than `placesNeeded` places.
  public static func normalise(
    _ ranges: Span<MemoryRange>, count: Int, edges: inout MutableSpan<UInt64>,
    into map: inout MutableSpan<MemoryRange>
  ) throws(LoaderFailure) -> Int {
    let places = placesNeeded(for: count)
    guard edges.count >= places, map.count >= places, count <= ranges.count else {
      throw LoaderFailure("the firmware's memory map is too long; ranges", value: UInt64(count))
    }
    let edgeCount = collectEdges(ranges, count: count, into: &edges)
    var length = 0
    for index in 1..<max(edgeCount, 1) where edges[index - 1] < edges[index] {
      let low = edges[index - 1]
      guard let kind = kind(at: low, in: ranges, count: count) else { continue }
      if length > 0, map[length - 1].end == low, map[length - 1].kind == kind {
        map[length - 1].end = edges[index]
      } else {
        map[length] = MemoryRange(base: low, byteCount: edges[index] - low, kind: kind)
        length += 1
      }
    }
    return trimToPages(&map, count: length)
  }

  /// All bases and ends in order, and the end of the first page.
  private static func collectEdges(
    _ ranges: Span<MemoryRange>, count: Int, into edges: inout MutableSpan<UInt64>
  ) -> Int {
    var edgeCount = 0
    func add(_ edge: UInt64, _ edges: inout MutableSpan<UInt64>) {
      var place = edgeCount
      while place > 0, edges[place - 1] > edge {
        edges[place] = edges[place - 1]
        place -= 1
      }
      edges[place] = edge
      edgeCount += 1
    }
    add(0x1000, &edges)
    for index in 0..<count where ranges[index].byteCount > 0 {
      add(ranges[index].base, &edges)
      add(ranges[index].end, &edges)
    }
    return edgeCount
  }

  /// What is at `address`, or nil if no range covers it.
  private static func kind(
    at address: UInt64, in ranges: Span<MemoryRange>, count: Int
  ) -> MemoryKind? {
    var found: MemoryKind?
    for index in 0..<count {
      let range = ranges[index]
      guard range.base <= address, address < range.end else { continue }
      if let other = found, other.precedence >= range.kind.precedence { continue }
      found = range.kind
    }
    return address < 0x1000 && found == .usable ? .reserved : found
  }

  /// Cuts the broken pages off ranges that must be whole pages; drops what is left empty.
  private static func trimToPages(_ map: inout MutableSpan<MemoryRange>, count: Int) -> Int {
    var length = 0
    for index in 0..<count {
      var range = map[index]
      if range.kind.isPaged {
        range.end &= ~4095
        range.base = range.base > UInt64.max - 4095 ? range.end : (range.base + 4095) & ~4095
        guard range.base < range.end else { continue }
      }
      map[length] = range
      length += 1
    }
    return length
  }
}
