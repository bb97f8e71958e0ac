using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VaeCf.Kernels;

/// <summary>
/// Philox 4x32-10, a counter-based random generator: ten rounds of a keyed bijection turn a 128-bit counter into 128
/// random bits. It has no state, so any thread can compute any element of any stream, in any order, on any device. It
/// takes integer arithmetic only: this one version is both the reference and the fast one.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
/// </summary>
public static class Philox
{
    // Multipliers and Weyl increments of the paper's table 2.
    private const uint M0 = 0xD2511F53, M1 = 0xCD9E8D57, W0 = 0x9E3779B9, W1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>The four random words of one counter.</summary>
    /// <param name="counter">128 bits, the lowest word first.</param>
    /// <param name="key">64 bits; the low word is the first key word.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (uint X0, uint X1, uint X2, uint X3) Block((uint C0, uint C1, uint C2, uint C3) counter, ulong key)
    {
        (uint c0, uint c1, uint c2, uint c3) = counter;
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)M0 * c0, p1 = (ulong)M1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += W0;
            k1 += W1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>
    /// The words of four counters that differ only in their lowest word; one word per lane, in its lower half.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static (Vector256<ulong> X0, Vector256<ulong> X1, Vector256<ulong> X2, Vector256<ulong> X3) Blocks(
        (Vector256<ulong> C0, uint C1, uint C2, uint C3) counter, ulong key)
    {
        Vector256<ulong> low = Vector256.Create<ulong>(uint.MaxValue);
        (Vector256<ulong> c0, Vector256<ulong> c1, Vector256<ulong> c2, Vector256<ulong> c3) =
            (counter.C0, Vector256.Create<ulong>(counter.C1), Vector256.Create<ulong>(counter.C2),
                Vector256.Create<ulong>(counter.C3));
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            Vector256<ulong> p0 = Times(c0, M0), p1 = Times(c2, M1);
            (c0, c1, c2, c3) = ((p1 >> 32) ^ c1 ^ Vector256.Create<ulong>(k0), p1 & low,
                (p0 >> 32) ^ c3 ^ Vector256.Create<ulong>(k1), p0 & low);
            k0 += W0;
            k1 += W1;
        }
        return (c0, c1, c2, c3);
    }

    // Of numbers below 2^32; as a product of 64-bit numbers it would take three times as long.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Times(Vector256<ulong> a, uint b) =>
        Avx2.IsSupported ? Avx2.Multiply(a.AsUInt32(), Vector256.Create(b)) : a * b;
}

/// <summary>What a stream of random numbers is for; streams of different purposes never overlap.</summary>
public enum RandomPurpose : uint
{
    /// <summary>Initial weights.</summary>
    Weights = 1,
    /// <summary>Order of the users in an epoch.</summary>
    Shuffle = 2,
    /// <summary>Dropout of the input.</summary>
    Dropout = 3,
    /// <summary>Noise of the reparameterised sample.</summary>
    Noise = 4,
    /// <summary>Choice of held-out users and clicks.</summary>
    Split = 5,
    /// <summary>Dropout of pseudo-inputs.</summary>
    PseudoInputDropout = 6,
    /// <summary>Dropout of the input where it is read a second time.</summary>
    SecondDropout = 7,
    /// <summary>Noise of a second sample.</summary>
    SecondNoise = 8,
    /// <summary>Items that a user did not click, for a loss of sampled items.</summary>
    Negatives = 9,
    /// <summary>Hidden units of a Boltzmann machine.</summary>
    HiddenUnits = 10,
    /// <summary>Visible units of a Boltzmann machine.</summary>
    VisibleUnits = 11,
}

/// <summary>
/// Random words addressed by (seed, purpose, step; user, position): the same whatever the batch, its order, the threads
/// or the device. The seed is Philox's key; step, purpose, user and position make its counter.
/// </summary>
/// <param name="Seed">The run's seed.</param>
/// <param name="Purpose">What the numbers are for.</param>
/// <param name="Step">Training step, or any other index; below 2^56.</param>
public readonly record struct RandomStream(ulong Seed, RandomPurpose Purpose, ulong Step)
{
    /// <summary>Four random words for a position of a user.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public (uint X0, uint X1, uint X2, uint X3) Block(uint user, uint position) =>
        Philox.Block((position, user, (uint)Step, (uint)(Step >> 32) << 8 | (uint)Purpose), Seed);

    /// <summary>The same for four positions of a user, one word per lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal (Vector256<ulong> X0, Vector256<ulong> X1, Vector256<ulong> X2, Vector256<ulong> X3) Blocks(uint user,
        Vector256<ulong> positions) =>
        Philox.Blocks((positions, user, (uint)Step, (uint)(Step >> 32) << 8 | (uint)Purpose), Seed);

    /// <summary>The words of consecutive positions of a user, in order.</summary>
    /// <param name="user">The user.</param>
    /// <param name="position">The first position.</param>
    /// <param name="words">Four for each position.</param>
    // As VectorWidth.Loop says, which the kernels for cards, compiled from this source too, do not have.
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal void Fill(uint user, uint position, Span<uint> words)
    {
        int n = 0;
        if (Vector256.IsHardwareAccelerated)
            for (; n <= words.Length - 16; n += 16, position += 4)
            {
                (Vector256<ulong> x0, Vector256<ulong> x1, Vector256<ulong> x2, Vector256<ulong> x3) =
                    Blocks(user, Vector256.Create((ulong)position) + Vector256.Create(0UL, 1, 2, 3));
                Vector256<ulong> low = x0 | x1 << 32, high = x2 | x3 << 32;
                Span<ulong> pairs = MemoryMarshal.Cast<uint, ulong>(words.Slice(n, 16));
                (pairs[0], pairs[1], pairs[2], pairs[3]) = (low[0], high[0], low[1], high[1]);
                (pairs[4], pairs[5], pairs[6], pairs[7]) = (low[2], high[2], low[3], high[3]);
            }
        for (; n < words.Length; n += 4, position++)
            (words[n], words[n + 1], words[n + 2], words[n + 3]) = Block(user, position);
    }
}

/// <summary>
/// Random numbers one after the other, for what is drawn once and in order: shuffles, splits, initial weights.
/// </summary>
/// <param name="stream">Which stream.</param>
/// <param name="user">Sub-stream (a user, a tensor).</param>
public struct RandomSequence(RandomStream stream, uint user = 0)
{
    private uint position;
    private int left;
    private (uint X0, uint X1, uint X2, uint X3) block;

    /// <summary>The next 32 random bits.</summary>
    public uint NextWord()
    {
        if (left == 0)
        {
            block = stream.Block(user, position++);
            left = 4;
        }
        uint word = block.X0;
        block = (block.X1, block.X2, block.X3, 0);
        left--;
        return word;
    }

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (((ulong)NextWord() << 32 | NextWord()) >> 11) * (1.0 / (1L << 53));

    /// <summary>Uniform in 0 … <paramref name="bound"/> - 1, without bias.</summary>
    /// <param name="bound">At least 1.</param>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        // Lemire's multiply-shift, rejecting the words that would favour the low results.
        uint threshold = (uint)(-bound) % (uint)bound;
        ulong product;
        do
            product = (ulong)NextWord() * (uint)bound;
        while ((uint)product < threshold);
        return (int)(product >> 32);
    }

    /// <summary>Standard normal, by Box and Muller's transform.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Puts the elements in random order (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> elements)
    {
        for (int i = elements.Length - 1; i > 0; i--)
        {
            int j = NextBelow(i + 1);
            (elements[i], elements[j]) = (elements[j], elements[i]);
        }
    }
}
