using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Data;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf encode</c>: the codes of users, for other programs.</summary>
internal static class EncodeCommand
{
    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string>("MODEL") { Description = "A model file written by train." };
        var users = new HistoryOptions();
        var output = new Option<string>("--out")
        {
            Description =
                "File to write the codes to, one row for each user: .csv with the users' ids, .npy for NumPy, "
                + "or .safetensors.",
            HelpName = "FILE",
            Required = true,
        };
        output.Validators.Add(result =>
        {
            string path = result.Tokens is [var token, ..] ? token.Value : "";
            if (!CodeFile.Knows(path))
                result.AddError($"--out: found '{path}'; expected a name that ends in .csv, .npy or .safetensors");
        });
        Option<bool> force = Options.Force();
        var computing = new DeviceOptions();
        var command = new Command(
            "encode", "Write the codes of users; for a variational model the mean, exactly as prediction uses it.")
        {
            modelFile
        };
        users.AddTo(command);
        command.Options.Add(output);
        command.Options.Add(force);
        computing.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(output);
            OutputFile.Check(path, "codes that encode wrote", CodeFile.IsOurs, parsed.GetValue(force),
                OutputFile.Read(parsed.GetValue(modelFile), parsed.GetValue<string>("--histories")));
            using Device device = computing.Open(parsed, context);
            using Recommender model = Recommender.Load(parsed.GetRequiredValue(modelFile), device);
            if (model.CodeLength == 0)
                throw new InputException($"{parsed.GetValue(modelFile)}: {model.Settings.Type.Title} has no code of a "
                    + "user; expected an autoencoder");
            string[]? items = users.Items(parsed);
            ClickData? data = items is null ? users.Read(context, parsed, model) : null;
            IdSpelling.ReportUnknown(context, items is null ? "--histories" : "--items",
                items ?? [.. IdSpelling.Ids(data!.Items)], model.Items);
            Vocabulary ids = data?.Users ?? new Vocabulary(["1"]);
            var codes = new float[ids.Count * model.CodeLength];
            (data is null ? model.Encode(items!.Distinct().Select(id => new HistoryItem(id))) : model.Encode(data))
                .FlattenTo(codes);
            CodeFile.Write(path, ids, codes);
            context.WriteLine($"the codes of {DataText.Number(ids.Count)} user{(ids.Count == 1 ? "" : "s")}, "
                + $"{model.CodeLength} numbers each, are written to {path}");
            return ExitCodes.Good;
        });
        return command;
    }
}
