namespace VaeCf.Kernels.Tests;

public class PhiloxTests
{
    // Published with Random123 (kat_vectors, philox4x32, 10 rounds): counter, key, result.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu,
        0x5001e420u, 0x24126ea1u)]
    public void Matches_the_published_vectors(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Block((c0, c1, c2, c3), (ulong)k1 << 32 | k0));

    [Fact]
    public void Streams_of_different_seed_purpose_step_user_or_position_differ()
    {
        var stream = new RandomStream(7, RandomPurpose.Noise, 1);
        var blocks = new[]
        {
            stream.Block(0, 0), stream.Block(1, 0), stream.Block(0, 1),
            (stream with { Seed = 8 }).Block(0, 0), (stream with { Purpose = RandomPurpose.Dropout }).Block(0, 0),
            (stream with { Step = 2 }).Block(0, 0), (stream with { Step = 1 + (1UL << 32) }).Block(0, 0),
        };
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
    }

    [Fact]
    public void A_shuffle_is_a_permutation_fixed_by_its_stream()
    {
        int[] Shuffled(ulong seed)
        {
            int[] elements = [.. Enumerable.Range(0, 1009)];
            new RandomSequence(new(seed, RandomPurpose.Shuffle, 0)).Shuffle<int>(elements);
            return elements;
        }
        Assert.Equal(Shuffled(1), Shuffled(1));
        Assert.NotEqual(Shuffled(1), Shuffled(2));
        Assert.Equal(Enumerable.Range(0, 1009), Shuffled(1).Order());
    }

    [Fact]
    public void Sequences_have_the_moments_of_their_distributions()
    {
        const int n = 200_000;
        var sequence = new RandomSequence(new(3, RandomPurpose.Weights, 0));
        double uniform = 0, normal = 0, square = 0;
        var counts = new int[3];
        for (int i = 0; i < n; i++)
        {
            uniform += sequence.NextDouble();
            double x = sequence.NextNormal();
            normal += x;
            square += x * x;
            counts[sequence.NextBelow(3)]++;
        }
        // Five standard errors of each mean.
        Assert.InRange(uniform / n, 0.5 - 5 * Math.Sqrt(1 / 12.0 / n), 0.5 + 5 * Math.Sqrt(1 / 12.0 / n));
        Assert.InRange(normal / n, -5 / Math.Sqrt(n), 5 / Math.Sqrt(n));
        Assert.InRange(square / n, 1 - 5 * Math.Sqrt(2.0 / n), 1 + 5 * Math.Sqrt(2.0 / n));
        Assert.All(counts, count => Assert.InRange(count / (double)n, 1 / 3.0 - 5 * Math.Sqrt(2 / 9.0 / n),
            1 / 3.0 + 5 * Math.Sqrt(2 / 9.0 / n)));
    }
}
