import KernelHAL

/// Extended registers.
extension X86Platform {
  public mutating func switchExtendedState(
    from old: inout X86ExtendedState, to new: inout X86ExtendedState
  ) {
    old.save()
    new.load(clearsPointers: features.leavesErrorPointers)
  }

  public mutating func loadExtendedState(_ new: inout X86ExtendedState) {
    new.load(clearsPointers: features.leavesErrorPointers)
  }
}
