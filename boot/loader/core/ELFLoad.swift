extension ELFLoadPlan {
  /// The kind of relocation that means "the image's slide plus this number".
  ///
  /// Source: psABI of each machine: R_X86_64_RELATIVE 8, R_AARCH64_RELATIVE 1027,
  /// R_RISCV_RELATIVE 3, R_LARCH_RELATIVE 3.
  static func relativeRelocation(machine: UInt16) -> UInt64? {
    switch machine {
    case 62: 8
    case 183: 1027
    case 243, 258: 3
    default: nil
    }
  }

  /// Copies the segments of `file` into `image` and applies the relocations.
  ///
  /// - Parameter image: Zeroed, at least `imageByteCount` long; stands for `imageBase`.
  public func load(
    _ file: Span<UInt8>, into image: inout MutableSpan<UInt8>, machine: UInt16
  ) throws(LoaderFailure) {
    guard UInt64(image.count) >= imageByteCount else {
      throw LoaderFailure("the memory for it is too small; bytes needed", value: imageByteCount)
    }
    for index in 0..<segmentCount {
      let segment = self[segment: index]
      let target = Int(segment.address - imageBase)
      let source = Int(segment.fileOffset)
      for offset in 0..<Int(segment.fileByteCount) {
        image[target + offset] = file[source + offset]
      }
    }
    for entry in stride(from: relocations.lowerBound, to: relocations.upperBound, by: 24) {
      try relocate(&image, entry: Int(entry), machine: machine)
    }
  }

  /// Applies the relocation whose record is `entry` bytes into the image.
  private func relocate(
    _ image: inout MutableSpan<UInt8>, entry: Int, machine: UInt16
  ) throws(LoaderFailure) {
    guard
      let place = image.span.number64(at: entry),
      let kind = image.span.number64(at: entry + 8),
      let addend = image.span.number64(at: entry + 16)
    else { throw LoaderFailure("its relocations are not in its image") }
    if kind & 0xffff_ffff == 0 { return }
    guard kind == Self.relativeRelocation(machine: machine) else {
      throw LoaderFailure(
        "it has a relocation that is not RELATIVE", "link it statically with -pie", value: kind)
    }
    let target = place &+ slide &- imageBase
    guard target <= imageByteCount - 8,
      image.store(addend &+ slide, at: Int(target))
    else { throw LoaderFailure("a relocation lies outside its image", value: place) }
  }
}
