using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Persistence;
using VaeCf.Native.Recommenders;

namespace VaeCf.Native.Tests.Persistence;

public class SafeTensorsTests
{
    private static readonly TensorInfo Matrix = new("w", 2, 3), Vector = new("b", 1), Empty = new("none", 0, 5),
        Scalar = new("s");

    private static byte[] Written(
        KeyValuePair<string, string>[] metadata, params (TensorInfo Info, float[] Values)[] tensors)
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, metadata, [.. tensors.Select(tensor => tensor.Info)], i => [tensors[i].Values]);
        return stream.ToArray();
    }

    private static byte[] FileOf(string header, int dataBytes)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        return [.. length, .. json, .. new byte[dataBytes]];
    }

    private static InputException Refused(byte[] bytes)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m.safetensors"], bytes);
        var error = Assert.Throws<InputException>(() => new SafeTensors(folder["m.safetensors"]));
        Assert.StartsWith(folder["m.safetensors"] + ": found ", error.Message);
        Assert.Contains("; expected ", error.Message);
        return error;
    }

    [Fact]
    public void The_layout_is_that_of_the_format_to_the_byte()
    {
        byte[] bytes = Written([new("title", "a \"é\"")], (Vector, [1]), (Scalar, [-2]));
        string header = """
            {"__metadata__":{"title":"a \"é\""},
            "b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"s":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}
            """.ReplaceLineEndings("");
        int padded = (Encoding.UTF8.GetByteCount(header) + 7) / 8 * 8;
        byte[] expected =
        [
            (byte)padded, 0, 0, 0, 0, 0, 0, 0,
            .. Encoding.UTF8.GetBytes(header).Concat(Enumerable.Repeat((byte)' ', padded)).Take(padded),
            0x00, 0x00, 0x80, 0x3F, // 1
            0x00, 0x00, 0x00, 0xC0, // -2
        ];
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void What_was_written_is_read_back()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m"], Written([new("b", "2"), new("a", "\ud83d\ude00\n")],
            (Matrix, [1, 2, 3, 4, 5, float.NaN]), (Empty, []), (Scalar, [7])));
        using var file = new SafeTensors(folder["m"]);
        Assert.Equal(["w", "none", "s"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([[2, 3], [0, 5], []], file.Tensors.Select(tensor => tensor.Shape));
        Assert.Equal(new Dictionary<string, string> { ["b"] = "2", ["a"] = "\ud83d\ude00\n" }, file.Metadata);
        float[] matrix = new float[6], scalar = new float[1];
        file.Read(Scalar, 0, scalar);
        file.Read(Matrix, 0, matrix);
        file.Read(Empty, 0, []);
        Assert.Equal([1, 2, 3, 4, 5, float.NaN], matrix);
        Assert.Equal([7], scalar);
    }

    [Fact]
    public void A_file_without_tensors_or_metadata_is_read()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m"], Written([]));
        using var file = new SafeTensors(folder["m"]);
        Assert.Empty(file.Tensors);
        Assert.Empty(file.Metadata);
    }

    [Theory]
    [InlineData((1 << 20) - 1)]
    [InlineData(1 << 20)]
    [InlineData((1 << 20) + 1)]
    public void Tensors_around_the_size_of_a_piece_come_back(int length)
    {
        using var folder = new TemporaryFolder();
        float[] values = [.. Enumerable.Range(0, length).Select(i => (float)i)];
        var info = new TensorInfo("x", length);
        File.WriteAllBytes(folder["m"], Written([], (Scalar, [5]), (info, values)));
        using var file = new SafeTensors(folder["m"]);
        float[] read = new float[length];
        file.Read(info, 0, read);
        Assert.Equal(values, read);
    }

    [Fact]
    public void A_tensor_behind_one_of_more_than_two_gigabytes_is_found()
    {
        using var folder = new TemporaryFolder();
        byte[] head = FileOf("""{"w":{"dtype":"F32","shape":[1000000,600],"data_offsets":[0,2400000000]},"s":"""
            + """{"dtype":"F32","shape":[],"data_offsets":[2400000000,2400000004]}}""", 0);
        using (var stream = File.Create(folder["m"])) // a hole in the file: it takes no space on the disk
        {
            stream.Write(head);
            stream.Position += 2_400_000_000;
            stream.Write(MemoryMarshal.AsBytes<float>([3]));
        }
        using var file = new SafeTensors(folder["m"]);
        float[] scalar = new float[1];
        file.Read(Scalar, 0, scalar);
        Assert.Equal(3, scalar[0]);
        Assert.Equal(600_000_000, file.Tensors.First().Length);
    }

    [Fact]
    public void Tensors_may_stand_in_another_order_than_in_the_header()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = FileOf("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"s":"""
            + """{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", 8);
        bytes[^1] = 0x40; // 2
        File.WriteAllBytes(folder["m"], bytes);
        using var file = new SafeTensors(folder["m"]);
        float[] value = new float[1];
        file.Read(Vector, 0, value);
        Assert.Equal(2, value[0]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void A_file_shorter_than_its_first_field_is_refused(int length) =>
        Assert.Contains($"a file of {length} bytes", Refused(new byte[length]).Message);

    [Theory]
    [InlineData(3ul)]
    [InlineData(100_000_001ul)]
    [InlineData(ulong.MaxValue)]
    public void A_header_longer_than_the_file_is_refused(ulong length)
    {
        byte[] bytes = FileOf("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        Assert.Contains($"a header length of {length} bytes; expected at most 2", Refused(bytes).Message);
    }

    [Fact]
    public void A_header_longer_than_the_format_allows_is_refused()
    {
        using var folder = new TemporaryFolder();
        using (var stream = File.Create(folder["m"]))
        {
            stream.Write(FileOf("", 0));
            stream.SetLength(200_000_000);
            stream.Position = 0;
            stream.Write(BitConverter.GetBytes(100_000_001ul));
        }
        var error = Assert.Throws<InputException>(() => new SafeTensors(folder["m"]));
        Assert.Contains("a header length of 100000001 bytes; expected at most 100000000", error.Message);
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("{\"b\":", "not JSON")]
    [InlineData("{} x", "not JSON")]
    [InlineData("[]", "JSON Array")]
    [InlineData(
        """{"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""",
        "not JSON")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""", "not JSON")]
    [InlineData("""{"__metadata__":{"a":"\ud800"}}""", "not JSON")]
    [InlineData("""{"__metadata__":[]}""", "__metadata__ that is a JSON Array")]
    [InlineData("""{"__metadata__":{"a":1}}""", "__metadata__ 'a' that is a JSON Number")]
    [InlineData("""{"b":3}""", "tensor 'b' with no dtype")]
    [InlineData("""{"b":{"dtype":"F32","data_offsets":[0,4]}}""", "tensor 'b' with no shape")]
    [InlineData("""{"b":{"dtype":"F32","shape":[1]}}""", "tensor 'b' with no data_offsets")]
    [InlineData("""{"b":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}""",
        "tensor 'b' with dtype \"F16\"; expected \"F32\"")]
    [InlineData("""{"b":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}""", "tensor 'b' with dtype 1")]
    [InlineData("""{"b":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""",
        "tensor 'b' with shape 1; expected an array")]
    [InlineData("""{"b":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "tensor 'b' with -1 in shape")]
    [InlineData("""{"b":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "tensor 'b' with 1.5 in shape")]
    [InlineData("""{"b":{"dtype":"F32","shape":[9223372036854775807,3],"data_offsets":[0,4]}}""",
        "tensor 'b' with shape [9223372036854775807, 3]")]
    [InlineData("""{"b":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", "tensor 'b' with data_offsets [0]")]
    [InlineData("""{"b":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}}""", "tensor 'b' with data_offsets [4, 0]")]
    [InlineData("""{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""",
        "tensor 'b' with 4 bytes; expected 8 for the shape [2]")]
    [InlineData("""{"b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}""",
        "tensor 'b' starting at byte 4 of the data; expected 0")]
    [InlineData(
        """{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}""",
        "tensor 'b' starting at byte 0 of the data; expected 4")]
    [InlineData("""{"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "4 bytes of data; expected at least 8")]
    [InlineData("""{}""", "4 bytes of data; expected 0")]
    public void A_malformed_header_is_refused(string header, string found) =>
        Assert.Contains(found, Refused(FileOf(header, 4)).Message);

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] bytes = Written([new("title", "x")], (Matrix, [1, 2, 3, 4, 5, 6]));
        for (int length = 0; length < bytes.Length; length++)
            Refused(bytes[..length]);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["d"]);
        Assert.StartsWith($"{folder["m"]}: there is no such file",
            Assert.Throws<InputException>(() => new SafeTensors(folder["m"])).Message);
        Assert.StartsWith($"{folder["d"]}: found a folder; expected a file",
            Assert.Throws<InputException>(() => new SafeTensors(folder["d"])).Message);
    }

    [Fact]
    public void A_tensor_that_is_missing_or_of_another_shape_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["m"], Written([], (Matrix, [1, 2, 3, 4, 5, 6])));
        using var file = new SafeTensors(folder["m"]);
        using Device device = Device.Reference();
        using Compute c = device.Open();
        var data = new ModelData(file.Name, MultVae.Type.Defaults, new Vocabulary(["a"]),
            new ModelInfo(1, null, 1, false), file.Tensors, file.Read);
        void Refused(string message, string name, params long[] shape) => Assert.Equal($"{folder["m"]}: {message}",
            Assert.Throws<InputException>(() => data.Take(c, name, shape)).Message);
        Refused("found no tensor 'b'; expected one of the shape [1]", "b", 1);
        Refused("found tensor 'w' of the shape [2, 3]; expected [3, 2]", "w", 3, 2);
        Refused("found tensor 'w' of the shape [2, 3]; expected [6]", "w", 6);
        Assert.StartsWith($"{folder["m"]}: found a tensor 'w'; expected only those of multvae: ",
            Assert.Throws<InputException>(data.CheckAllTaken).Message);
        using Tensor w = data.Take(c, "w", 2, 3);
        data.CheckAllTaken();
        var values = new double[6];
        c.Read(w, values);
        Assert.Equal([1, 2, 3, 4, 5, 6], values);
    }

    [Fact]
    public void Part_of_a_tensor_is_read()
    {
        using var stream = new MemoryStream(Written([], (Scalar, [9]), (Matrix, [1, 2, 3, 4, 5, 6])));
        using var file = new SafeTensors(stream, "it");
        float[] part = new float[3];
        file.Read(Matrix, 2, part);
        Assert.Equal([3, 4, 5], part);
    }

    [Fact]
    public void Values_may_come_in_pieces()
    {
        using var stream = new MemoryStream();
        SafeTensors.Write(stream, [], [Matrix],
            _ => [new float[] { 1, 2 }, Array.Empty<float>(), new float[] { 3, 4, 5, 6 }]);
        Assert.Equal(Written([], (Matrix, [1, 2, 3, 4, 5, 6])), stream.ToArray());
    }

    [Fact]
    public void Values_that_do_not_fill_their_shape_and_names_that_repeat_are_not_written()
    {
        Assert.Throws<ArgumentException>(() => Written([], (Matrix, [1])));
        Assert.Throws<ArgumentException>(() => Written([], (Vector, [1]), (Vector, [1])));
        Assert.Throws<ArgumentException>(() => Written([], (new TensorInfo("__metadata__", 1), [1])));
    }
}
