using System.Collections.Concurrent;

namespace VaeCf.Ptx.Emulator;

/// <summary>A register that holds one number in all lanes.</summary>
internal readonly record struct Constant(PtxType Type, int Place, long Bits);

/// <summary>
/// A kernel ready to run: its instructions decoded once into <see cref="Op"/>s, its basic blocks, and the registers
/// that must be filled before a warp starts.
/// </summary>
internal sealed unsafe class PtxProgram
{
    /// <summary>
    /// The place of a variable in the shared memory that a launch gives, which begins behind the declared.
    /// </summary>
    public const int DynamicShared = -1;

    private static readonly ConcurrentDictionary<string, IReadOnlyDictionary<string, PtxProgram>> Loaded = [];

    private readonly Op[] ops;

    public PtxProgram(KernelText text)
    {
        Text = text;
        var decoder = new Decoder(text);
        ops = GC.AllocateArray<Op>(text.Instructions.Count + 1, pinned: true);
        Kinds = new Kind[text.Instructions.Count];
        for (int i = 0; i < text.Instructions.Count; i++)
        {
            ops[i] = decoder.Decode(text.Instructions[i], out Kinds[i]);
            ops[i].Index = i;
        }

        Blocks = ControlFlow.Blocks(text);
        Constants = decoder.Constants;
        Specials = decoder.Specials;
        SharedWords = decoder.SharedWords;
        RegisterBytes = text.RegisterBytes;
    }

    public KernelText Text { get; }

    public Op* Ops => (Op*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref ops[0]);

    public Kind[] Kinds { get; }

    public BasicBlock[] Blocks { get; }

    public IReadOnlyCollection<Constant> Constants { get; }

    /// <summary>Special registers and their places.</summary>
    public IReadOnlyCollection<(string Name, int Place)> Specials { get; }

    public int RegisterBytes { get; }

    public int DynamicSharedStart => (Text.SharedBytes + 15) / 16 * 16;

    /// <summary>Shared memory is accessed by words of 4 bytes and more only.</summary>
    public bool SharedWords { get; }

    /// <summary>
    /// The kernels of PTX text, ready to run. Programs do not change: a text loaded before is not decoded again.
    /// </summary>
    public static IReadOnlyDictionary<string, PtxProgram> Load(string ptx) =>
        Loaded.GetOrAdd(ptx, text => Parser.Parse(text).ToDictionary(k => k.Key, k => new PtxProgram(k.Value)));
}
