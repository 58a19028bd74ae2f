import LoaderCore

extension Firmware {
  /// Stops the firmware from resetting the machine after five minutes.
  func stopWatchdog() {
    // SAFETY: no addresses are passed. Source: UEFI 2.10 §7.5.1.
    _ = unsafe call(.setWatchdogTimer)
  }

  /// The interface `guid` of `handle`, or nil.
  func interface(_ guid: FirmwareGUID, of handle: UInt64) -> UInt64? {
    var guid = guid
    var found: UInt64 = 0
    // SAFETY: both addresses are of variables that outlive the call.
    let status = unsafe Self.withAddress(of: &guid) { name in
      unsafe Self.withAddress(of: &found) { unsafe call(.handleProtocol, handle, name, $0) }
    }
    return status.isSuccess && found != 0 ? found : nil
  }

  /// The first interface `guid` that any handle has, or nil.
  func interface(_ guid: FirmwareGUID) -> UInt64? {
    var guid = guid
    var found: UInt64 = 0
    // SAFETY: both addresses are of variables that outlive the call.
    let status = unsafe Self.withAddress(of: &guid) { name in
      unsafe Self.withAddress(of: &found) { unsafe call(.locateProtocol, name, 0, $0) }
    }
    return status.isSuccess && found != 0 ? found : nil
  }

  /// The table that the firmware has installed under `guid`, or nil.
  ///
  /// Source: UEFI 2.10 §4.6.
  func configurationTable(_ guid: FirmwareGUID) -> UInt64? {
    // SAFETY: the system table says how many entries of 24 bytes there are, and where.
    let count = unsafe Self.word(systemTable + 104)
    let entries = unsafe Self.word(systemTable + 112)
    guard entries != 0, count <= 1024 else { return nil }
    for index in 0..<count {
      let entry = entries + index * 24
      let isWanted = unsafe Self.word(entry) == guid.low && Self.word(entry + 8) == guid.high
      guard isWanted else { continue }
      let table = unsafe Self.word(entry + 16)
      return table == 0 ? nil : table
    }
    return nil
  }

  /// The number of the hart that boots, from the interface `guid`.
  ///
  /// Source: RISC-V UEFI Protocols 1.0: revision, then GetBootHartId(this, number).
  func bootHart(_ guid: FirmwareGUID) -> UInt64? {
    guard let interface = interface(guid) else { return nil }
    var hart: UInt64 = 0
    // SAFETY: the address is of a variable that outlives the call.
    let status = unsafe Self.withAddress(of: &hart) {
      unsafe call(at: interface + 8, interface, $0)
    }
    return status.isSuccess ? hart : nil
  }

  /// The time, in seconds since 1970, or nil without a clock.
  ///
  /// Source: UEFI 2.10 §8.3.1.
  func secondsSince1970() -> Int64? {
    var time: (UInt64, UInt64) = (0, 0)
    // SAFETY: the time is 16 bytes, and the variable outlives the call.
    let status = unsafe Self.withAddress(of: &time) {
      unsafe call(at: Self.word(systemTable + 88) + 24, $0, 0)
    }
    guard status.isSuccess else { return nil }
    func byte(_ word: UInt64, _ index: UInt64) -> Int { Int(word >> (8 * index) & 0xff) }
    return CalendarTime(
      year: Int(time.0 & 0xffff), month: byte(time.0, 2), day: byte(time.0, 3),
      hour: byte(time.0, 4), minute: byte(time.0, 5), second: byte(time.0, 6),
      minutesBehindUTC: Int(Int16(truncatingIfNeeded: time.1 >> 32))
    ).secondsSince1970
  }

  /// The framebuffer of the mode that the firmware shows, if pixels are 32 bits in memory.
  ///
  /// Source: UEFI 2.10 §12.9.2, EFI_GRAPHICS_OUTPUT_PROTOCOL.
  func framebuffer() -> FramebufferFacts? {
    let guid = FirmwareGUID(0x9042_a9de, 0x23dc, 0x4a38, 0x96fb_7ade_d080_516a)
    guard let output = interface(guid) else { return nil }
    // SAFETY: the interface's fields, in the order of the specification.
    let mode = unsafe Self.word(output + 24)
    guard mode != 0 else { return nil }
    let information = unsafe Self.word(mode + 8)
    guard information != 0 else { return nil }
    var facts = FramebufferFacts()
    facts.address = unsafe Self.word(mode + 24)
    facts.width = UInt64(unsafe Self.half(information + 4))
    facts.height = UInt64(unsafe Self.half(information + 8))
    facts.pitch = UInt64(unsafe Self.half(information + 32)) * 4
    switch unsafe Self.half(information + 12) {
    case 0: setMasks(&facts, red: 0x0000_00ff, green: 0x0000_ff00, blue: 0x00ff_0000)
    case 1: setMasks(&facts, red: 0x00ff_0000, green: 0x0000_ff00, blue: 0x0000_00ff)
    case 2:
      setMasks(
        &facts, red: unsafe Self.half(information + 16), green: unsafe Self.half(information + 20),
        blue: unsafe Self.half(information + 24))
    default: return nil
    }
    return facts.address != 0 && facts.byteCount > 0 ? facts : nil
  }

  private func setMasks(
    _ facts: inout FramebufferFacts, red: UInt32, green: UInt32, blue: UInt32
  ) {
    facts.red = ColourMask(mask: red)
    facts.green = ColourMask(mask: green)
    facts.blue = ColourMask(mask: blue)
  }
}
