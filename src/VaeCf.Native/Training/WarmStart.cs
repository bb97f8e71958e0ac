namespace VaeCf.Native.Training;

/// <summary>What a fit that starts from another model took from it.</summary>
/// <param name="Shared">Items of both, matched by id: their weights are kept.</param>
/// <param name="New">Items that the other model did not know: their weights start anew.</param>
/// <param name="Gone">Items that only the other model knew: their weights are dropped.</param>
public sealed record WarmStart(int Shared, int New, int Gone);
