using VaeCf.Native.Devices.Cuda;

namespace VaeCf.Ptx.Emulator.Tests;

/// <summary>Single instructions in every lane: a, b, c are read, the result is written.</summary>
internal static class Run
{
    /// <summary>
    /// The statement's result in %r4, %rd4, %f4 or %fd4 by the width of the result, from %r1.. %rd1.. %f1.. %fd1.. by
    /// that of the arguments.
    /// </summary>
    public static TResult[] Lanes<T, TResult>(string statement, params T[][] arguments) where T : unmanaged
        where TResult : unmanaged
    {
        var bench = new Bench();
        int count = arguments[0].Length;
        var text = new System.Text.StringBuilder();
        for (int i = 0; i < arguments.Length; i++)
            text.AppendLine(
                $"ld.param.u64 %rd10, [p{i}]; {Offset<T>()} ld.global.{Type<T>()} {Register<T>()}{i + 1}, [%rd10];");
        text.AppendLine(statement);
        text.AppendLine($"ld.param.u64 %rd10, [p{arguments.Length}]; {Offset<TResult>()} st.global.{Type<TResult>()} "
            + $"[%rd10], {Register<TResult>()}4;");
        ulong result = bench.Empty<TResult>(count);
        bench.Run(Bench.Kernel(text.ToString(), arguments.Length + 1), new CudaDim(1), new CudaDim(count), 0,
            [.. arguments.Select(a => bench.Holding(a)), result]);
        return bench.Read<TResult>(result);
    }

    private static unsafe string Offset<T>() where T : unmanaged => $"mad.wide.u32 %rd10, %r0, {sizeof(T)}, %rd10;";

    private static string Type<T>() => default(T) switch
    {
        float => "f32",
        double => "f64",
        int or uint => "b32",
        long or ulong => "b64",
        _ => throw new NotSupportedException(),
    };

    private static string Register<T>() => default(T) switch
    {
        float => "%f",
        double => "%fd",
        int or uint => "%r",
        _ => "%rd",
    };
}
