/// The features that this loader answers.
///
/// Source: Limine PROTOCOL.md, "Feature List"; the boot hart's number and the command line
/// are of later releases.
public enum LimineFeature: Int, Sendable {
  case loaderInfo, executableCommandLine, firmwareType, stackSize, directMap, framebuffer
  case pagingMode, processors, memoryMap, entryPoint, executableFile, modules, acpiRoot
  case systemTable, firmwareMemoryMap, bootTime, executableAddress, deviceTree, bootHart

  /// The words of a request that name its feature.
  var words: (UInt64, UInt64) {
    switch self {
    case .loaderInfo: (0xf550_38d8_e2a1_202f, 0x2794_26fc_f5f5_9740)
    case .executableCommandLine: (0x4b16_1536_e598_651e, 0xb390_ad4a_2f1f_303a)
    case .firmwareType: (0x8c2f_75d9_0bef_28a8, 0x7045_a468_8eac_00c3)
    case .stackSize: (0x224e_f046_0a8e_8926, 0xe1cb_0fc2_5f46_ea3d)
    case .directMap: (0x48dc_f1cb_8ad2_b852, 0x6398_4e95_9a98_244b)
    case .framebuffer: (0x9d58_27dc_d881_dd75, 0xa314_8604_f6fa_b11b)
    case .pagingMode: (0x95c1_a0ed_ab09_44cb, 0xa4e5_cb38_42f7_488a)
    case .processors: (0x95a6_7b81_9a1b_857e, 0xa0b6_1b72_3b6a_73e0)
    case .memoryMap: (0x67cf_3d9d_378a_806f, 0xe304_acdf_c50c_3c62)
    case .entryPoint: (0x13d8_6c03_5a1c_d3e1, 0x2b0c_aa89_d8f3_026a)
    case .executableFile: (0xad97_e90e_83f1_ed67, 0x31eb_5d1c_5ff2_3b69)
    case .modules: (0x3e7e_2797_02be_32af, 0xca1c_4f3b_d128_0cee)
    case .acpiRoot: (0xc5e7_7b6b_397e_7b43, 0x2763_7845_accd_cf3c)
    case .systemTable: (0x5ceb_a516_3eaa_f6d6, 0x0a69_8161_0cf6_5fcc)
    case .firmwareMemoryMap: (0x7df6_2a43_1d68_72d5, 0xa4fc_dfb3_e573_06c8)
    case .bootTime: (0x5027_46e1_84c0_88aa, 0xfbc5_ec83_e632_7893)
    case .executableAddress: (0x71ba_7686_3cc5_5f63, 0xb264_4a48_c516_a487)
    case .deviceTree: (0xb40d_db48_fb54_bac7, 0x5450_8149_3f81_ffb7)
    case .bootHart: (0x1369_359f_0255_25f9, 0x2ff2_a561_7839_1bb6)
    }
  }

  /// The feature with these words, or nil if this loader does not have it.
  init?(_ first: UInt64, _ second: UInt64) {
    for number in 0..<Self.count {
      if let feature = Self(rawValue: number), feature.words == (first, second) {
        self = feature
        return
      }
    }
    return nil
  }

  static var count: Int { 19 }
}

/// Where a kernel's requests are in its image.
public struct RequestScan {
  /// Base revisions that this loader follows.
  public static var supportedRevisions: ClosedRange<UInt64> { 1...3 }

  /// Offset of each request in the image, by feature; -1 for none.
  private var offsets: [19 of Int] = .init(repeating: -1)
  /// Offset of the base revision tag, or -1 for none.
  private var tag = -1
  /// The revision that the kernel asks for: 0 without a tag.
  public private(set) var requestedRevision: UInt64 = 0

  /// Finds the requests in `image`, between its markers where there are any.
  public init(_ image: Span<UInt8>) throws(LoaderFailure) {
    let (start, end) = Self.delimiters(of: image)
    var offset = start
    while offset + 24 <= end {
      switch (image.number64(at: offset), image.number64(at: offset + 8)) {
      case (0xf956_2b2d_5c95_a6c8, 0x6a7b_3849_4453_6bdc):
        tag = offset
        requestedRevision = image.number64(at: offset + 16) ?? 0
      case (0xc7b1_dd30_df4c_8b88, 0x0a82_e883_a194_f07b):
        try note(requestAt: offset, in: image)
      default: break
      }
      offset += 8
    }
    guard requestedRevision >= Self.supportedRevisions.lowerBound else {
      throw LoaderFailure(
        "it asks for base revision 0 of the boot protocol", "add a base revision tag to it")
    }
  }

  private mutating func note(
    requestAt offset: Int, in image: Span<UInt8>
  ) throws(LoaderFailure) {
    guard
      let first = image.number64(at: offset + 16), let second = image.number64(at: offset + 24),
      offset + 48 <= image.count, let feature = LimineFeature(first, second)
    else { return }
    guard offsets[feature.rawValue] < 0 else {
      throw LoaderFailure("it makes the same boot request twice", value: first)
    }
    offsets[feature.rawValue] = offset
  }

  /// From past the last start marker to the first end marker.
  private static func delimiters(of image: Span<UInt8>) -> (start: Int, end: Int) {
    var start = 0
    var end = image.count
    var offset = 0
    while offset + 16 <= image.count {
      let first = image.number64(at: offset)
      let second = image.number64(at: offset + 8)
      if first == 0xf6b8_f4b3_9de7_d1ae, second == 0xfab9_1a69_40fc_b9cf,
        image.number64(at: offset + 16) == 0x785c_6ed0_15d3_e316,
        image.number64(at: offset + 24) == 0x181e_920a_7852_b9d9
      {
        start = offset + 32
      }
      if first == 0xadc0_e053_1bb1_0d03, second == 0x9572_709f_3176_4c62 {
        end = min(end, offset)
      }
      offset += 8
    }
    return (start, end)
  }

  /// The revision whose rules apply: what is asked for, or the newest there is.
  public var revision: UInt64 { min(requestedRevision, Self.supportedRevisions.upperBound) }

  /// Whether the kernel asks for `feature`.
  public func asks(for feature: LimineFeature) -> Bool { offsets[feature.rawValue] >= 0 }

  /// The word at `index` of the request for `feature`, or nil if there is none.
  ///
  /// Words 0 to 3 name the feature, 4 is the revision, 5 the response.
  public func word(
    _ index: Int, of feature: LimineFeature, in image: Span<UInt8>
  ) -> UInt64? {
    guard asks(for: feature) else { return nil }
    return image.number64(at: offsets[feature.rawValue] + index * 8)
  }

  /// Writes the address of a response into the request for `feature`, if there is one.
  public func answer(
    _ feature: LimineFeature, with address: UInt64, in image: inout MutableSpan<UInt8>
  ) {
    guard asks(for: feature) else { return }
    image.store(address, at: offsets[feature.rawValue] + 40)
  }

  /// Says in the tag that the revision is supported, and which one applies.
  public func acknowledgeRevision(in image: inout MutableSpan<UInt8>) {
    guard tag >= 0 else { return }
    image.store(revision, at: tag + 8)
    if requestedRevision == revision { image.store(0, at: tag + 16) }
  }
}
