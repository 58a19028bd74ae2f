import Libmnos
import ProgramFormat

/// Where a new process's parts go. Pure: it asks for nothing and maps nothing.
struct SpawnPlan {
  static var stackByteCount: UInt64 { 128 << 10 }

  let base: UInt64
  let entry: UInt64
  let stackBase: UInt64
  let stackEnd: UInt64
  /// The start record's page, behind the stack and a page that stays unmapped.
  let recordAddress: UInt64

  init(_ image: ProgramImage, using random: inout RandomState) {
    base = AddressLayout.place(
      image.byteCount, alignment: image.alignment, in: AddressLayout.images, using: &random)
    entry = base + image.entry
    let page = Limits.pageByteCount
    // A guard page in front, the stack, a guard page, the record.
    let room = Self.stackByteCount + 3 * page
    let start = AddressLayout.place(
      room, alignment: page, in: AddressLayout.stacks, using: &random)
    stackBase = start + page
    stackEnd = stackBase + Self.stackByteCount
    recordAddress = stackEnd + page
  }
}
