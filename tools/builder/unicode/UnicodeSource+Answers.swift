// The functions' answers, with what nobody may look at made the same everywhere.
//
// SAFETY, for all casts: the types are those of the functions' declarations in the standard
// library.
extension UnicodeSource {
  /// A function from a scalar to a number.
  func numbers(_ function: UnicodeFunction) -> (UInt32) -> UInt64 {
    switch function {
    case .normalizationData, .age: halves(function)
    case .binaryProperties: doubles(function)
    case .decompositionEntry: decompositionEntries
    case .numericValue: numericValues
    case .caseFolding: caseFoldings
    default: bytes(function)
    }
  }

  private func bytes(_ function: UnicodeFunction) -> (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32) -> UInt8
    let call = unsafe unsafeBitCast(address(of: function), to: Function.self)
    return { UInt64(call($0)) }
  }

  private func halves(_ function: UnicodeFunction) -> (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32) -> UInt16
    let call = unsafe unsafeBitCast(address(of: function), to: Function.self)
    return { UInt64(call($0)) }
  }

  private func doubles(_ function: UnicodeFunction) -> (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32) -> UInt64
    return unsafe unsafeBitCast(address(of: function), to: Function.self)
  }

  /// An entry holds its scalar in the low 18 bits, and its text's place above. For a scalar
  /// that has none the answer is another scalar's entry, whichever.
  private var decompositionEntries: (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32) -> UInt32
    let call = unsafe unsafeBitCast(
      address(of: .decompositionEntry), to: Function.self)
    return { scalar in
      let entry = call(scalar)
      if entry & 0x3_ffff == scalar { return UInt64(entry) }
      return scalar == 0 ? 1 : 0
    }
  }

  /// The bits of the value; any value will do for a scalar without a numeric type (255).
  private var numericValues: (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32) -> Double
    let call = unsafe unsafeBitCast(address(of: .numericValue), to: Function.self)
    let type = bytes(.numericType)
    return { type($0) == 255 ? 0 : call($0).bitPattern }
  }

  /// - Parameter mapping: 0 for upper case, 1 for lower case, 2 for title case.
  func mapping(_ mapping: UInt8) -> (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32, UInt8) -> Int32
    let call = unsafe unsafeBitCast(address(of: .mapping), to: Function.self)
    return { UInt64(UInt32(bitPattern: call($0, mapping))) }
  }

  /// Up to three scalars of 21 bits, the first one lowest, all ones for what was not written;
  /// 0 for a scalar that stays as it is.
  private var caseFoldings: (UInt32) -> UInt64 {
    typealias Function = @convention(c) (UInt32, UnsafeMutablePointer<UInt32>) -> Void
    let call = unsafe unsafeBitCast(address(of: .caseFolding), to: Function.self)
    return { scalar in
      var places: [UInt32] = [.max, .max, .max, .max]
      unsafe places.withUnsafeMutableBufferPointer { buffer in
        // SAFETY: the function writes three scalars at most.
        if let start = buffer.baseAddress { unsafe call(scalar, start) }
      }
      if places[0] == scalar, places[1] == .max { return 0 }
      return (0..<3).reduce(0) { $0 | UInt64(places[$1] & 0x1f_ffff) << (21 * UInt64($1)) }
    }
  }

  /// What two scalars compose into; nil if nothing.
  var composition: (UInt32, UInt32) -> UInt32? {
    typealias Function = @convention(c) (UInt32, UInt32) -> UInt32
    let call = unsafe unsafeBitCast(address(of: .composition), to: Function.self)
    return { first, second in
      let composed = call(first, second)
      return composed == .max ? nil : composed
    }
  }

  /// The UTF-8 code of what a scalar becomes, where that is not one scalar.
  func specialMapping(_ mapping: UInt8) -> (UInt32) -> [UInt8]? {
    typealias Function =
      @convention(c) (UInt32, UInt8, UnsafeMutablePointer<Int>) -> UnsafePointer<UInt8>?
    let call = unsafe unsafeBitCast(address(of: .specialMapping), to: Function.self)
    return { scalar in
      var count = 0
      // SAFETY: `count` bytes are there, as the function says.
      guard let start = unsafe call(scalar, mapping, &count) else { return nil }
      return unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
    }
  }

  /// The scripts that a scalar is used with.
  var scriptExtensions: (UInt32) -> [UInt8]? {
    typealias Function =
      @convention(c) (UInt32, UnsafeMutablePointer<UInt8>) -> UnsafePointer<UInt8>?
    let call = unsafe unsafeBitCast(address(of: .scriptExtensions), to: Function.self)
    return { scalar in
      var count: UInt8 = 0
      // SAFETY: `count` bytes are there, as the function says.
      guard let start = unsafe call(scalar, &count) else { return nil }
      return unsafe [UInt8](UnsafeBufferPointer(start: start, count: Int(count)))
    }
  }

  /// A scalar's other name, with the 0 behind it.
  var nameAlias: (UInt32) -> [UInt8]? {
    typealias Function = @convention(c) (UInt32) -> UnsafePointer<CChar>?
    let call = unsafe unsafeBitCast(address(of: .nameAlias), to: Function.self)
    return { scalar in
      // SAFETY: the function answers with a C string.
      guard let start = unsafe call(scalar) else { return nil }
      return unsafe Array(String(cString: start).utf8) + [0]
    }
  }

  /// A scalar's name; empty if it has none.
  var name: (UInt32) -> [UInt8] {
    typealias Function = @convention(c) (UInt32, UnsafeMutablePointer<UInt8>, Int) -> Int
    let call = unsafe unsafeBitCast(address(of: .name), to: Function.self)
    return { scalar in
      unsafe [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
        // SAFETY: the function writes no more than it was told, and says how much it wrote.
        if let start = buffer.baseAddress { count = unsafe max(0, call(scalar, start, 256)) }
      }
    }
  }

  /// Texts of decompositions: at the place that an entry names, a byte with their length, then
  /// that many of UTF-8. As many bytes as `entries` refer to.
  func decompositions(_ entries: [UInt64]) -> [UInt8] {
    typealias Bytes = UnsafePointer<UInt8>
    let variable = unsafe address(of: .decompositions).assumingMemoryBound(to: Bytes.self)
    // SAFETY: entries name places in the table that the variable points to.
    let start = unsafe variable.pointee
    let end = entries.filter { $0 > 1 }.map { entry in
      unsafe Int(entry >> 18) + 1 + Int(start[Int(entry >> 18)])
    }.max()
    return unsafe [UInt8](UnsafeBufferPointer(start: start, count: end ?? 0))
  }
}
