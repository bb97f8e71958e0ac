using System.Text.RegularExpressions;
using VaeCf.Tests.Support;

namespace VaeCf.Kernels.Tests;

/// <summary>The PTX in kernels/ptx asks of a GPU only what kernels may.</summary>
public class PtxTests
{
    private static readonly string folder = Repository.PathOf("kernels/ptx");

    public static TheoryData<string> Operations =>
        [.. Directory.GetFiles(folder).Select(file => Path.GetFileNameWithoutExtension(file)!)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void KernelsKeepNothingInLocalMemoryUseNoDoublesAndCallNothing(string op) =>
        Assert.DoesNotMatch(new Regex(@"\.local\b|\.f64\b|\bcall\b|\.func\b|\.extern (?!\.shared)"),
            File.ReadAllText(PtxOf(op)));

    [Theory]
    [MemberData(nameof(Operations))]
    public void ProductsAndSumsOfFloatsAreNeverFusedByTheDriver(string op) =>
        Assert.DoesNotMatch(new Regex(@"\b(add|sub|mul|mad|fma)(\.ftz)?\.f32"), File.ReadAllText(PtxOf(op)));

    // ILGPU 1.5.3 makes of (float)(condition ? 1 : 0) the integer's bits, a subnormal, of a < b, negated, a comparison
    // that NaN satisfies, and says of branches by what a shuffle gives that all threads go one way.
    [Theory]
    [MemberData(nameof(Operations))]
    public void WhatTheCompilerIsKnownToGetWrongIsNotThere(string op) =>
        Assert.DoesNotMatch(
            new Regex(@"\b0f[08]0(?!0{6})[0-7][0-9A-F]{5}\b|\bsetp\.(lt|le|gt|ge)u\.f32\b|@!?%p\d+ bra\.uni\b"),
            File.ReadAllText(PtxOf(op)));

    private static string PtxOf(string op) => Path.Combine(folder, op + ".ptx");
}
