namespace VaeCf.Cli;

/// <summary>What the process returns.</summary>
internal static class ExitCodes
{
    /// <summary>The command did what it was asked.</summary>
    public const int Good = 0;

    /// <summary>A fault of this program; of <c>verify</c>: the numbers differ.</summary>
    public const int Fault = 1;

    /// <summary>Wrong use or bad input.</summary>
    public const int WrongUse = 2;

    /// <summary>Ctrl-C before there was a result to keep; the number that shells use.</summary>
    public const int Stopped = 130;
}
