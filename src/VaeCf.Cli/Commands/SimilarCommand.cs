using System.CommandLine;
using VaeCf.Native;
using VaeCf.Native.Devices;
using VaeCf.Native.Recommenders;

namespace VaeCf.Cli.Commands;

/// <summary><c>vaecf similar</c>: the items that a model finds most similar to a given one.</summary>
internal static class SimilarCommand
{
    public static Command Create(CommandContext context)
    {
        var modelFile = new Argument<string>("MODEL") { Description = "A model file written by train." };
        var item = new Argument<string>("ITEM") { Description = "Id of the item." };
        Option<int> k = Options.AtLeast("-k", "Number of items to list.", 1, 10);
        k.Aliases.Add("--k");
        var titleFile = new TitleOptions();
        var computing = new DeviceOptions();
        Option<bool> json = Options.Json();
        var command = new Command("similar", "List the items that a model finds most similar to a given one.")
        {
            modelFile, item, k, json
        };
        titleFile.AddTo(command);
        computing.AddTo(command);
        command.SetAction(parsed =>
        {
            using Device device = computing.Open(parsed, context);
            using Recommender model = Recommender.Load(parsed.GetRequiredValue(modelFile), device);
            string id = parsed.GetRequiredValue(item);
            if (model.Items.IndexOf(id) < 0)
            {
                string hint = IdSpelling.Hint([id], model.Items) is { } spelling ? $": {spelling}" : "";
                throw new InputException($"ITEM: found '{id}', which the model does not know; expected the id of an "
                    + $"item it was trained on{hint}");
            }
            try
            {
                new Answers(context, titleFile.Read(context, parsed, model.Items), parsed.GetValue(json))
                    .Write(new Recommendations(model.Similar(id, Math.Min(parsed.GetValue(k), model.ItemCount)), []));
            }
            catch (NotSupportedException e)
            {
                throw InputException.About(parsed.GetRequiredValue(modelFile), e);
            }
            return ExitCodes.Good;
        });
        return command;
    }
}
